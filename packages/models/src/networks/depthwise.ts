// A small network of depthwise separable convolutions: each block filters every channel by itself (3x3), then mixes
// channels (1x1). Source: Howard et al., MobileNets (2017).

import type { Network } from './network.ts';
import { type LayerRow, sequential } from './table.ts';

const separable = (filters: number, strides: number): LayerRow[] => [
  { layer: 'depthwise', kernelSize: 3, strides, padding: 'same', useBias: false },
  { layer: 'norm' },
  { layer: 'relu' },
  { layer: 'conv', filters, kernelSize: 1, useBias: false },
  { layer: 'norm' },
  { layer: 'relu' },
];

const ROWS: readonly LayerRow[] = [
  { layer: 'conv', filters: 16, kernelSize: 3, strides: 2, padding: 'same', useBias: false },
  { layer: 'norm' },
  { layer: 'relu' },
  ...separable(32, 1),
  ...separable(64, 2),
  ...separable(64, 1),
  ...separable(128, 2),
  ...separable(128, 1),
  { layer: 'averagePool' },
  { layer: 'dropout', rate: 0.3 },
];

export const depthwise: Network = (inputShape, classes) => sequential('depthwise', ROWS, inputShape, classes);

// The first experiment's network: two strided convolutions and a linear hidden layer, 53,953 parameters at 64x64x3.

import type { Network } from './network.ts';
import { type LayerRow, sequential } from './table.ts';

const L2 = 0.001;

const ROWS: readonly LayerRow[] = [
  { layer: 'conv', filters: 32, kernelSize: 5, strides: 3, activation: 'relu', l2: L2 },
  { layer: 'maxPool', size: 2 },
  { layer: 'conv', filters: 64, kernelSize: 3, strides: 2, activation: 'relu', l2: L2 },
  { layer: 'maxPool', size: 2 },
  { layer: 'flatten' },
  { layer: 'dense', units: 128, l2: L2 },
];

export const baseline: Network = (inputShape, classes) => sequential('baseline', ROWS, inputShape, classes);

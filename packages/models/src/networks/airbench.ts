// A network for images of some 32 pixels that learns CIFAR-10 in ten epochs: a 2x2 convolution that is meant to be
// whitening (see the option `whitening`), then three blocks of two convolutions, which begin as the identity, with
// pooling behind the first and batch normalization without scale behind each.
// Source: Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU (2024), airbench94.

import * as tfl from '@tensorflow/tfjs-layers';
import type { Network } from './network.ts';
import { type LayerRow, sequential } from './table.ts';

const NORM: LayerRow = { layer: 'norm', momentum: 0.6, epsilon: 1e-12, scale: false };

const block = (filters: number): LayerRow[] => {
  const conv: LayerRow = {
    layer: 'conv',
    filters,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    initializer: 'dirac',
  };
  return [conv, { layer: 'maxPool', size: 2 }, NORM, { layer: 'gelu' }, conv, NORM, { layer: 'gelu' }];
};

/** The rows, with `width` filters in the first block and four times as many in the others. */
const rows = (width: number): readonly LayerRow[] => [
  // Pixel values of 0 to 1 to a mean of about 0 and a deviation of about 1, as natural images have them.
  { layer: 'rescale', scale: 4, offset: -1.9 },
  { layer: 'conv', filters: 24, kernelSize: 2 },
  { layer: 'gelu' },
  ...block(width),
  ...block(4 * width),
  ...block(4 * width),
  { layer: 'maxPool', size: 3 },
  { layer: 'flatten' },
  // Keeps the first logits small.
  { layer: 'rescale', scale: 1 / 9 },
];

/** The network with `width` filters in its first block and four times as many in the others; the source has 64. */
export const airbenchOf =
  (width: number): Network =>
  (inputShape, classes) =>
    sequential(
      'airbench',
      rows(width),
      inputShape,
      classes,
      tfl.layers.dense({
        name: classes === 2 ? 'probability' : 'probabilities',
        units: classes === 2 ? 1 : classes,
        activation: classes === 2 ? 'sigmoid' : 'softmax',
        useBias: false,
        // Uniform within ±1 / sqrt(fan in), as PyTorch's Linear.
        kernelInitializer: tfl.initializers.varianceScaling({
          scale: 1 / 3,
          mode: 'fanIn',
          distribution: 'uniform',
        }),
      }),
    );

/** The network of the source: 64 filters, then 256. */
export const airbench = airbenchOf(64);

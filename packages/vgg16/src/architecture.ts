/**
 * VGG16 as a table: a number is a 3x3 convolution with as many filters (padding 1, ReLU), 'M' a 2x2 max pooling.
 * Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, configuration D.
 */

import type { ConvolutionLayer, Layer, LayerRow, Size } from '@sightline/backbone';

export const VGG16 = [
  ...[64, 64, 'M'],
  ...[128, 128, 'M'],
  ...[256, 256, 256, 'M'],
  ...[512, 512, 512, 'M'],
  ...[512, 512, 512, 'M'],
] as const;

/** The five poolings halve both sides, rounding down. */
const REDUCTION = 32;
export const MINIMUM_SIZE = REDUCTION;

/** The layers, named as Keras names them: a *block* ends with a pooling. */
export function layersOf(configuration: readonly (number | string)[] = VGG16): Layer[] {
  const layers: Layer[] = [];
  let [number, index, channels] = [1, 1, 3];
  for (const entry of configuration) {
    const block = `block${number}`;
    if (typeof entry === 'string') {
      layers.push({ kind: 'max-pooling', name: `${block}_pool`, block, poolSize: 2 });
      number += 1;
      index = 1;
    } else {
      const sizes = { channels, filters: entry, kernelSize: 3, stride: 1, groups: 1 };
      const name = `${block}_conv${index++}`;
      layers.push({ kind: 'convolution', name, block, ...sizes, activation: 'relu', residual: false });
      channels = entry;
    }
  }
  return layers;
}

export const isConvolution = (layer: Layer): layer is ConvolutionLayer => layer.kind === 'convolution';

export interface DenseLayer {
  /** `fc1`, `fc2`, `predictions`, as Keras names them. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
}

const DENSE_NAMES = ['fc1', 'fc2', 'predictions'] as const;
/** Two hidden layers, and 1,000 classes. */
const DENSE_WIDTHS = [4096, 4096, 1000] as const;

/** The image size that the dense layers on top fit. */
export const TOP_IMAGE_SIZE: Size = [224, 224];

/** The dense layers on top of `inputs` features. */
export function denseLayersOf(inputs = 7 * 7 * 512, widths: readonly number[] = DENSE_WIDTHS): DenseLayer[] {
  return widths.map((units, i) => ({ name: DENSE_NAMES[i]!, inputs: widths[i - 1] ?? inputs, units }));
}

/** The rows of the dense layers in the layer table. */
export function topRows([height, width]: Size): LayerRow[] {
  const flat = Math.floor(height / REDUCTION) * Math.floor(width / REDUCTION) * 512;
  return [
    { name: 'flatten', type: 'flatten', outputShape: [null, flat], parameters: 0 },
    ...denseLayersOf(flat).map(({ name, inputs, units }) => ({
      name,
      type: 'dense',
      outputShape: [null, units],
      parameters: inputs * units + units,
    })),
  ];
}

// A network as a table: a row a layer, from the image to the last hidden layer. `sequential` walks it and closes
// it with the classifier: one sigmoid unit for two classes (the probability of the second), a softmax for more.
// Weights are Keras' defaults, which TensorFlow.js' are not: Glorot uniform kernels, zero biases; `l2` is the factor on the squared kernel.

import { SightlineError } from '@sightline/core';
import * as tfl from '@tensorflow/tfjs-layers';
import '../layers/mended.ts';
import { dirac } from './dirac.ts';

export type Activation = 'linear' | 'relu';

export type LayerRow =
  | {
      readonly layer: 'conv';
      readonly filters: number;
      readonly kernelSize: number;
      readonly strides?: number;
      readonly padding?: 'valid' | 'same';
      readonly activation?: Activation;
      readonly useBias?: boolean;
      readonly l2?: number;
      /** What the kernel starts from. Default: Glorot uniform. */
      readonly initializer?: 'dirac';
    }
  | {
      readonly layer: 'depthwise';
      readonly kernelSize: number;
      readonly strides?: number;
      readonly padding?: 'valid' | 'same';
      readonly useBias?: boolean;
    }
  | {
      readonly layer: 'norm';
      /** Share of the moving statistics that a step keeps. */
      readonly momentum?: number;
      readonly epsilon?: number;
      /** Whether each channel has a scale. Default: true. */
      readonly scale?: boolean;
    }
  | { readonly layer: 'relu'; readonly max?: number }
  | { readonly layer: 'gelu' }
  | { readonly layer: 'rescale'; readonly scale: number; readonly offset?: number }
  | { readonly layer: 'maxPool'; readonly size: number; readonly strides?: number }
  | { readonly layer: 'averagePool' }
  | { readonly layer: 'flatten' }
  | { readonly layer: 'dropout'; readonly rate: number }
  | {
      readonly layer: 'dense';
      readonly units: number;
      readonly activation?: Activation;
      readonly l2?: number;
    };

type Layer = tfl.layers.Layer;

/** The keras layer of a row; `name` is its name in the layer table and in saved models. */
export function layerOf(row: LayerRow, name: string): Layer {
  switch (row.layer) {
    case 'conv':
      return tfl.layers.conv2d({
        name,
        filters: row.filters,
        kernelSize: row.kernelSize,
        strides: row.strides ?? 1,
        padding: row.padding ?? 'valid',
        activation: row.activation ?? 'linear',
        useBias: row.useBias ?? true,
        kernelInitializer: row.initializer === 'dirac' ? dirac : 'glorotUniform',
        ...regularized(row.l2),
      });
    case 'depthwise':
      return tfl.layers.depthwiseConv2d({
        name,
        kernelSize: row.kernelSize,
        strides: row.strides ?? 1,
        padding: row.padding ?? 'valid',
        depthMultiplier: 1,
        useBias: row.useBias ?? true,
        depthwiseInitializer: 'glorotUniform',
      });
    case 'norm':
      // Keras' 0.99 needs thousands of steps to forget its start; a small data set has hundreds.
      return tfl.layers.batchNormalization({
        name,
        momentum: row.momentum ?? 0.9,
        epsilon: row.epsilon ?? 1e-3,
        scale: row.scale ?? true,
      });
    case 'relu':
      return tfl.layers.reLU(row.max === undefined ? { name } : { name, maxValue: row.max });
    case 'gelu':
      return tfl.layers.activation({ name, activation: 'gelu' });
    case 'rescale':
      return tfl.layers.rescaling({ name, scale: row.scale, offset: row.offset ?? 0 });
    case 'maxPool':
      return tfl.layers.maxPooling2d({ name, poolSize: row.size, strides: row.strides ?? row.size });
    case 'averagePool':
      return tfl.layers.globalAveragePooling2d({ name });
    case 'flatten':
      return tfl.layers.flatten({ name });
    case 'dropout':
      return tfl.layers.dropout({ name, rate: row.rate });
    case 'dense':
      return tfl.layers.dense({
        name,
        units: row.units,
        activation: row.activation ?? 'linear',
        kernelInitializer: 'glorotUniform',
        ...regularized(row.l2),
      });
  }
}

const regularized = (l2: number | undefined) =>
  l2 === undefined ? {} : { kernelRegularizer: tfl.regularizers.l2({ l2 }) };

/** The classifier that closes a network: Dense, one sigmoid unit for two classes, a softmax for more. */
export function classifier(classes: number): Layer {
  if (!Number.isInteger(classes) || classes < 2) {
    throw new SightlineError('network', `A classifier needs two classes or more, but got ${classes}.`);
  }
  return classes === 2
    ? tfl.layers.dense({
        name: 'probability',
        units: 1,
        activation: 'sigmoid',
        kernelInitializer: 'glorotUniform',
      })
    : tfl.layers.dense({
        name: 'probabilities',
        units: classes,
        activation: 'softmax',
        kernelInitializer: 'glorotUniform',
      });
}

/**
 * A chain of layers as a Keras Sequential. Layers are named by kind and place: `conv1`, `maxPool1`, `conv2`.
 * `closing` is the last layer. Throws SightlineError when the input is too small for the layers.
 */
export function sequential(
  name: string,
  rows: readonly LayerRow[],
  inputShape: readonly number[],
  classes: number,
  closing: Layer = classifier(classes),
): tfl.LayersModel {
  const counts = new Map<string, number>();
  const model = tfl.sequential({ name });
  model.add(tfl.layers.inputLayer({ name: 'input', inputShape: [...inputShape] }));
  for (const row of rows) {
    const count = (counts.get(row.layer) ?? 0) + 1;
    counts.set(row.layer, count);
    const layer = layerOf(row, `${row.layer}${count}`);
    model.add(layer);
    const output = layer.outputShape as (number | null)[];
    if (output.some((size) => size !== null && size < 1)) {
      throw new SightlineError(
        'network',
        `The network ${name} needs a larger input than ${inputShape.join('x')}: nothing is left after its layer ${layer.name}.`,
      );
    }
  }
  model.add(closing);
  return model;
}

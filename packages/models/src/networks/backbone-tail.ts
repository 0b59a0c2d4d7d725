// The last blocks of a backbone as a network that trains, closed by a classifier that is already solved for. What comes
// before them stays an inference graph: its output after the block `upTo` goes into this network.

import { type Backbone, type ConvolutionLayer, floats, type Layer, type Size } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A classifier on features: softmax(features weights + bias). */
export interface DenseHead {
  /** (columns, classes) */
  readonly weights: Float32Array;
  /** (classes) */
  readonly bias: Float32Array;
}

export interface BackboneTail {
  readonly model: tfl.LayersModel;
  /** The last block that does not train. */
  readonly upTo: string;
  /** How many blocks with weights come after a layer's own, by the layer's name; the classifier counts as one. */
  readonly depths: ReadonlyMap<string, number>;
}

type Symbolic = tfl.SymbolicTensor;

/**
 * The last `blocks` blocks that have weights, with the backbone's weights, as a network for images of this size. At least
 * one block stays out of it. Throws SightlineError `unsupported-layer` for grouped convolutions that are not depthwise.
 */
export function backboneTail(
  backbone: Backbone,
  imageSize: Size,
  blocks: number,
  head: DenseHead,
): BackboneTail {
  const table = backbone.table();
  const weighted = blockNames(table.filter(({ kind }) => kind === 'convolution'));
  const trained = weighted.slice(Math.max(1, weighted.length - blocks));
  const first = table.findIndex(({ block }) => block === trained[0]);
  const upTo = table[first - 1]!.block;
  const input = tfl.input({ name: 'features', shape: [...backbone.featureShape(imageSize, upTo)] });
  const layers = table.slice(first);
  const output = classify(head, appendLayers(input, layers));
  const model = tfl.model({ name: `${backbone.name}-tail`, inputs: input, outputs: output });
  for (const layer of layers) if (layer.kind === 'convolution') setWeights(model, backbone, layer);
  setHead(model, head);
  const depths = new Map(
    layers
      .filter(({ kind }) => kind === 'convolution')
      .map(({ name, block }) => [name, trained.length - trained.indexOf(block)] as const),
  );
  return { model, upTo, depths: depths.set(CLASSIFIER, 0) };
}

const CLASSIFIER = 'classifier';

const blockNames = (layers: readonly Layer[]): string[] => [...new Set(layers.map(({ block }) => block))];

function appendLayers(input: Symbolic, layers: readonly Layer[]): Symbolic {
  let [x, block, blockInput] = [input, '', input];
  for (const layer of layers) {
    if (layer.block !== block) [block, blockInput] = [layer.block, x];
    const own = kerasLayer(layer);
    // Zeros until the backbone's weights are set: drawing millions of random numbers takes seconds.
    own.setFastWeightInitDuringBuild(true);
    x = own.apply(x) as Symbolic;
    if (layer.kind !== 'convolution') continue;
    if (layer.activation !== 'linear') {
      const limit = layer.activation === 'relu6' ? { maxValue: 6 } : {};
      x = tfl.layers.reLU({ name: `${layer.name}.relu`, ...limit }).apply(x) as Symbolic;
    }
    if (layer.residual) x = tfl.layers.add({ name: `${layer.name}.add` }).apply([x, blockInput]) as Symbolic;
  }
  return x;
}

function kerasLayer(layer: Layer): tfl.layers.Layer {
  const { name } = layer;
  switch (layer.kind) {
    case 'convolution': {
      const { kernelSize, stride: strides, filters, groups, channels } = layer;
      const sizes = { name, kernelSize, strides, padding: 'same' as const };
      if (groups === 1) return tfl.layers.conv2d({ ...sizes, filters });
      if (groups === channels && groups === filters)
        return tfl.layers.depthwiseConv2d({ ...sizes, depthMultiplier: 1 });
      throw new SightlineError(
        'unsupported-layer',
        `The layer ${name} has ${groups} groups: it cannot be trained.`,
      );
    }
    case 'max-pooling':
      return tfl.layers.maxPooling2d({ name, poolSize: layer.poolSize, strides: layer.poolSize });
    case 'mean':
      return tfl.layers.globalAveragePooling2d({ name, dataFormat: 'channelsLast' });
  }
}

/** One sigmoid unit for two classes (the probability of the second), a softmax for more, on the mean over positions. */
function classify({ bias }: DenseHead, features: Symbolic): Symbolic {
  const isBinary = bias.length === 2;
  const pooled =
    features.shape.length > 2
      ? (tfl.layers
          .globalAveragePooling2d({ name: 'pooled', dataFormat: 'channelsLast' })
          .apply(features) as Symbolic)
      : features;
  return tfl.layers
    .dense({
      name: CLASSIFIER,
      units: isBinary ? 1 : bias.length,
      activation: isBinary ? 'sigmoid' : 'softmax',
    })
    .apply(pooled) as Symbolic;
}

function setWeights(model: tfl.LayersModel, { tensors }: Backbone, { name, groups }: ConvolutionLayer): void {
  const [weight, bias] = [tensors.get(`${name}.weight`)!, tensors.get(`${name}.bias`)!];
  // (filters, channels / groups, height, width) to (height, width, channels, filters), or (…, channels, 1).
  const order = groups === 1 ? [2, 3, 1, 0] : [2, 3, 0, 1];
  tf.tidy(() => {
    const kernel = tf.transpose(tf.tensor(floats(weight), [...weight.shape]), order);
    model.getLayer(name).setWeights([kernel, tf.tensor1d(floats(bias))]);
  });
}

/** Multiplies the classifier's logits. */
export function scaleClassifier(model: tfl.LayersModel, by: number): void {
  const layer = model.getLayer(CLASSIFIER);
  tf.tidy(() => layer.setWeights(layer.getWeights().map((weight) => tf.mul(weight, by))));
}

function setHead(model: tfl.LayersModel, { weights, bias }: DenseHead): void {
  // A softmax of two logits is a sigmoid of their difference.
  const difference = (values: Float32Array) =>
    Float32Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + 1]! - values[2 * i]!);
  const [kernel, offset] = bias.length === 2 ? [difference(weights), difference(bias)] : [weights, bias];
  tf.tidy(() => {
    const shape: [number, number] = [kernel.length / offset.length, offset.length];
    model.getLayer(CLASSIFIER).setWeights([tf.tensor2d(kernel, shape), tf.tensor1d(offset)]);
  });
}

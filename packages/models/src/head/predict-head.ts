// What a head predicts: its probabilities of features, and its TensorFlow.js model.

import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Head } from './fit-head.ts';

type Layer = Pick<Head, 'weights' | 'bias'>;

/** (rows, classes) probabilities of (rows, columns) features, by ONNX Runtime. */
export function predictHead({ weights, bias }: Layer, features: Float32Array): Float32Array {
  const classes = bias.length;
  const columns = weights.length / classes;
  const g = new GraphBuilder('head');
  const x = g.input('features', 'float32', ['N', columns]);
  const logits = op.gemm(g, x, g.constant(weights, [columns, classes]), g.constant(bias));
  g.output('probabilities', op.softmax(g, logits));
  const session = new Session(encodeModel(g.build()), { provider: 'cpu', workload: 'once' });
  try {
    const feeds = { features: tensorOf(features, 'float32', [features.length / columns, columns]) };
    return session.run(feeds).probabilities!.data as Float32Array;
  } finally {
    session.dispose();
  }
}

/**
 * The head as a TensorFlow.js model: one dense layer on features, behind the mean over positions if they have any; one
 * sigmoid unit for two classes (the probability of the second), a softmax for more.
 *
 * @param featureShape [columns] or [height, width, columns]
 */
export function headModel({ weights, bias }: Layer, featureShape: readonly number[]): tfl.LayersModel {
  const classes = bias.length;
  const isBinary = classes === 2;
  const classifier = tfl.layers.dense({
    units: isBinary ? 1 : classes,
    activation: isBinary ? 'sigmoid' : 'softmax',
    name: 'classifier',
    inputShape: [featureShape.at(-1)!],
  });
  const pooling = { inputShape: [...featureShape], dataFormat: 'channelsLast' as const, name: 'mean' };
  const model = tfl.sequential({
    name: 'logistic',
    layers: [...(featureShape.length > 1 ? [tfl.layers.globalAveragePooling2d(pooling)] : []), classifier],
  });
  // A softmax of two logits is a sigmoid of their difference.
  const difference = (values: Float32Array) =>
    Float32Array.from({ length: values.length / 2 }, (_, i) => values[2 * i + 1]! - values[2 * i]!);
  const [kernel, offset] = isBinary ? [difference(weights), difference(bias)] : [weights, bias];
  const tensors = [tf.tensor2d(kernel, [kernel.length / offset.length, offset.length]), tf.tensor1d(offset)];
  classifier.setWeights(tensors);
  tf.dispose(tensors);
  return model;
}

/** (rows, columns): the mean over positions of features (rows, height, width, columns); others as they are. */
export function pooledFeatures(features: Float32Array, featureShape: readonly number[]): Float32Array {
  if (featureShape.length === 1) return features;
  const columns = featureShape.at(-1)!;
  const positions = featureShape.reduce((product, side) => product * side, 1) / columns;
  const out = new Float32Array(features.length / positions);
  for (let i = 0; i < features.length; i++) {
    const row = Math.floor(i / (positions * columns));
    out[row * columns + (i % columns)]! += features[i]! / positions;
  }
  return out;
}

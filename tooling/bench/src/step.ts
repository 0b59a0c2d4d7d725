// One training step as a user of TensorFlow.js writes it: binary cross-entropy with the layers' regularization,
// gradients, Adam.

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** Takes a batch (n, ...) and its labels (n, 1), gives the loss before the update. */
export type BinaryStep = (x: tf.Tensor, y: tf.Tensor) => tf.Scalar;

export function binaryStep(model: tfl.LayersModel, learningRate: number): BinaryStep {
  const optimizer = tf.train.adam(learningRate);
  const loss = (x: tf.Tensor, y: tf.Tensor) => {
    const probability = model.apply(x, { training: true }) as tf.Tensor;
    const terms = model.layers.flatMap((layer) => layer.calculateLosses());
    return terms.reduce((sum, term) => tf.add(sum, term), tf.losses.logLoss(y, probability) as tf.Scalar);
  };
  return (x, y) => tf.tidy(() => optimizer.minimize(() => loss(x, y), true)!);
}

/** Runs a step on a batch that lies in memory and waits for its loss. */
export function runStep(
  step: BinaryStep,
  x: Float32Array,
  shape: readonly number[],
  y: Float32Array,
): number {
  const inputs = [tf.tensor(x, [...shape]), tf.tensor(y, [y.length, 1])] as const;
  const loss = step(...inputs);
  const [value] = loss.dataSync();
  tf.dispose([...inputs, loss]);
  return value!;
}

// Cross-entropy of logits and labels, an entry a row, and the rows that are right: binary (sigmoid) or
// categorical (softmax), with Keras' formulas.

import * as tf from '@tensorflow/tfjs-core';
import type { ClassifierOutputs } from './classifier-outputs.ts';

/**
 * (n) losses from (n, units) logits and (n) label indices, or (n, classes) targets, each row a distribution.
 * Binary: max(z, 0) - z t + log(1 + exp(-|z|)), as tf.nn.sigmoid_cross_entropy_with_logits.
 * Categorical: -sum t log softmax(z). `smoothing` s moves targets to t (1 - s) + s / classes.
 */
export function crossEntropy(
  outputs: ClassifierOutputs,
  logits: tf.Tensor2D,
  labels: tf.Tensor,
  smoothing: number,
): tf.Tensor {
  let targets = targetsOf(outputs, labels);
  if (smoothing > 0) targets = tf.add(tf.mul(targets, 1 - smoothing), smoothing / outputs.classes);
  const n = labels.shape[0]!;
  if (outputs.kind === 'binary') {
    const positive = tf.sub(tf.relu(logits), tf.mul(logits, targets));
    return tf.reshape(tf.add(positive, tf.log1p(tf.exp(tf.neg(tf.abs(logits))))), [n]);
  }
  const logNorm = tf.logSumExp(logits, 1, true);
  return tf.sum(tf.mul(targets, tf.sub(logNorm, logits)), 1);
}

/** (n) ones and zeros: whether the predicted class is the label (binary: probability > 0.5). */
export function correctRows(
  outputs: ClassifierOutputs,
  probabilities: tf.Tensor2D,
  labels: tf.Tensor,
): tf.Tensor {
  if (outputs.kind === 'binary') {
    const predicted = tf.cast(tf.greater(tf.reshape(probabilities, [labels.shape[0]!]), 0.5), 'float32');
    return tf.cast(tf.equal(predicted, labels), 'float32');
  }
  return tf.cast(tf.equal(tf.cast(tf.argMax(probabilities, 1), 'float32'), labels), 'float32');
}

/** (n, units) targets: the label itself or one-hot; of a distribution the share of the second class, or itself. */
function targetsOf(outputs: ClassifierOutputs, labels: tf.Tensor): tf.Tensor2D {
  if (labels.rank === 2) {
    return outputs.kind === 'binary'
      ? tf.slice2d(labels as tf.Tensor2D, [0, 1], [labels.shape[0]!, 1])
      : (labels as tf.Tensor2D);
  }
  const column = tf.reshape<tf.Rank.R2>(labels, [labels.shape[0]!, 1]);
  if (outputs.kind === 'binary') return column;
  const classes = tf.tensor2d(
    Float32Array.from({ length: outputs.classes }, (_, k) => k),
    [1, outputs.classes],
  );
  return tf.cast<tf.Tensor2D>(tf.equal(column, classes), 'float32');
}

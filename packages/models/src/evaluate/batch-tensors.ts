// A batch as tensors. TensorFlow.js keeps the arrays it is given, so a tensor lives no longer than its batch.

import type { Batch } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';

/**
 * (n, …) rows and (n) labels; where rows were mixed, (n, classes) targets as well, and a row's label is then the class
 * that it is most of, as Keras counts it. The caller disposes them before the source reuses the batch's buffers.
 */
export function batchTensors({
  x,
  y,
  targets,
  size,
  shape,
}: Batch): [rows: tf.Tensor, labels: tf.Tensor1D, ...targets: tf.Tensor2D[]] {
  const rows = tf.tensor(x.subarray(0, tf.util.sizeFromShape([...shape])), [...shape]);
  if (!targets) return [rows, tf.tensor1d(y.subarray(0, size))];
  const classes = targets.length / size;
  const of = (row: number) => targets.subarray(row * classes, (row + 1) * classes);
  const labels = Float32Array.from({ length: size }, (_, row) => of(row).indexOf(Math.max(...of(row))));
  return [rows, tf.tensor1d(labels), tf.tensor2d(targets, [size, classes])];
}

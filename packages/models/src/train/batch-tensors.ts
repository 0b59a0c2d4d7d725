// A batch as tensors. TensorFlow.js keeps the arrays it is given, so a tensor lives no longer than its batch.

import type { Batch } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';

/** (n, …) rows and (n) labels; the caller disposes them before the source reuses the batch's buffers. */
export function batchTensors({ x, y, size, shape }: Batch): [rows: tf.Tensor, labels: tf.Tensor1D] {
  return [
    tf.tensor(x.subarray(0, tf.util.sizeFromShape([...shape])), [...shape]),
    tf.tensor1d(y.subarray(0, size)),
  ];
}

// Convolutions large enough to be computed band by band; gradients.test.ts draws small ones.

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectClose, values } from '../testing/against-cpu.ts';
import { convInfo, LARGE_PATCHES, patchBytes, usesWinograd } from './conv.ts';

type Shape = [number, number, number, number];

// Only the checked images have a gradient, and TensorFlow.js' slow convolution sees them alone.
it.each<[string, Shape, Shape, number, number[]]>([
  ['of two images a band, and one left over', [15, 48, 48, 16], [5, 5, 16, 2], 1, [1, 2, 14]],
  ['at a stride, of one image a band', [7, 101, 101, 30], [5, 5, 30, 2], 2, [0, 6]],
])('%s equals the cpu backend, and so do its gradients', async (_, shape, filter, strides, checked) => {
  const info = convInfo(shape, filter, { strides, pad: 'same' });
  // Else this tests nothing.
  expect(patchBytes(info)).toBeGreaterThan(LARGE_PATCHES);
  expect(usesWinograd(info)).toBe(false);
  const op = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, 'same');
  const run = (x: tf.Tensor, dy: tf.Tensor) => {
    const w = values(filter, 2);
    const [dx, dw] = tf.grads(op)([x, w], dy);
    return { y: op(x, w), dx: dx!, dw: dw! };
  };
  const few = <T extends tf.Tensor>(x: T) => tf.gather(x, checked);
  await tf.setBackend('onnxruntime');
  const mask = tf.tensor4d(
    Array.from({ length: shape[0] }, (_, i) => (checked.includes(i) ? 1 : 0)),
    [shape[0], 1, 1, 1],
  );
  const all = run(values(shape, 1), tf.mul(values(info.outShape, 3), mask));
  const got = [few(all.y), few(all.dx), all.dw].map((t) => t.dataSync() as Float32Array);
  await tf.setBackend('cpu');
  const wanted = Object.values(run(few(values(shape, 1)), few(values(info.outShape, 3)))).map(
    (t) => t.dataSync() as Float32Array,
  );
  got.forEach((array, k) => {
    expectClose(array, wanted[k]!);
  });
});

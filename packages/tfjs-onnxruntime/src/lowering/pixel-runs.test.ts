import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';
import { check } from '../testing/against-cpu.ts';

type Shape4D = [number, number, number, number];
type Pad = tf.backend_util.ExplicitPadding | 'same' | 'valid';

const convolution = (strides: number | [number, number], pad: Pad, dilations: [number, number]) => {
  return (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations);
};

/** The listing of a convolution of zeros. */
function listing(op: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor, image: Shape4D, filter: Shape4D): string {
  const step = compile(op, { traceFirst: true });
  step(tf.zeros(image), tf.zeros(filter));
  const text = step.print();
  step.dispose();
  return text;
}

it.each<[string, Shape4D, Shape4D, number | [number, number], Pad, [number, number], RegExp]>([
  // 14 * 13 pixels and a border of one; moved by 0, 1 and 2, 80 + 79 + 79 rows of a window.
  ['inside and outside of it', [2, 14, 13, 3], [3, 3, 3, 4], 1, 'same', [1, 1], /float32\[2, 238, 9\]/],
  ['inside of it only', [2, 14, 13, 3], [2, 2, 3, 4], 1, 'valid', [1, 1], /float32\[2, 181, 6\]/],
  ['at a stride down', [1, 14, 13, 1], [3, 5, 1, 2], [2, 1], 'valid', [1, 1], /float32\[1, 178, 5\]/],
  ['of dilated rows', [1, 14, 13, 2], [3, 3, 2, 2], 1, 'same', [2, 1], /float32\[1, \d+, 6\]/],
  [
    'with more outside on one side',
    [1, 9, 11, 1],
    [3, 4, 1, 2],
    1,
    [
      [0, 0],
      [2, 0],
      [0, 3],
      [0, 0],
    ],
    [1, 1],
    /float32\[1, \d+, 4\]/,
  ],
])('windows of an image, %s, equal the cpu backend, and so do gradients', async (...row) => {
  const [, image, filter, strides, pad, dilations, rows] = row;
  const op = convolution(strides, pad, dilations);
  // TensorFlow.js has no gradients of dilated convolutions.
  await check({ shapes: [image, filter], op, forwardOnly: Math.max(...dilations) > 1 });
  expect(listing(op, image, filter)).toMatch(rows);
});

it.each<[string, Shape4D, Shape4D, number, [number, number]]>([
  ['of many channels', [1, 14, 13, 16], [3, 3, 16, 4], 1, [1, 1]],
  ['of dilated columns', [1, 14, 13, 1], [3, 3, 1, 4], 1, [1, 2]],
  ['of few windows', [1, 32, 32, 3], [3, 3, 3, 4], 8, [1, 1]],
])('windows %s are gathered by pixels', async (_, image, filter, strides, dilations) => {
  const op = convolution(strides, 'valid', dilations);
  await check({ shapes: [image, filter], op, forwardOnly: Math.max(...dilations) > 1 });
  const { length } = listing(op, image, filter).match(/Concat/g) ?? [];
  expect(length).toBe(0);
});

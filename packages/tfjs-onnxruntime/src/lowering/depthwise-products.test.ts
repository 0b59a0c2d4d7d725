import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';
import { check } from '../testing/against-cpu.ts';

/** Height, width, kernel, stride, dilation: maps taken whole, row by row, and too wide for either. */
const CASES: readonly (readonly [h: number, w: number, kernel: number, stride: number, dilation: number])[] =
  [
    [8, 8, 5, 1, 1],
    [4, 4, 5, 1, 1],
    [7, 9, 3, 2, 1],
    [12, 10, 5, 1, 1],
    [13, 11, 3, 2, 1],
    [12, 16, 3, 1, 2],
    [6, 32, 5, 2, 1],
    [5, 40, 3, 1, 1],
  ];

for (const [h, w, kernel, stride, dilation] of CASES) {
  for (const padding of ['same', 'valid'] as const) {
    if (padding === 'valid' && Math.min(h, w) < (kernel - 1) * dilation + 1) continue;
    it(`${h}x${w}, kernel ${kernel}, stride ${stride}, dilation ${dilation}, ${padding}, equals the cpu backend`, () =>
      check({
        shapes: [
          [2, h, w, 3],
          [kernel, kernel, 3, 1],
        ],
        op: (x, filter) =>
          tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding, 'NHWC', dilation),
        // TensorFlow.js has no gradient with dilation.
        forwardOnly: dilation > 1,
      }));
  }
}

it('computes small maps without a grouped convolution', async () => {
  await tf.setBackend('onnxruntime');
  const filter = tf.variable(tf.ones([3, 3, 4, 1])) as tf.Variable<tf.Rank.R4>;
  const step = compile((x: tf.Tensor4D) =>
    tf.grad((f) => tf.depthwiseConv2d(x, f as tf.Tensor4D, 1, 'same'))(filter),
  );
  const x = tf.ones([2, 6, 6, 4]) as tf.Tensor4D;
  for (let i = 0; i < 2; i++) step(x);
  expect(step.print()).not.toMatch(/= Conv/);
  step.dispose();
});

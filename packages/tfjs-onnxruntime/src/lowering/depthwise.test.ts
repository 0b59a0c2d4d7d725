import { channelBlock } from '@sightline/ort';
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
    [9, 10, 3, 3, 1],
    [11, 11, 2, 3, 1],
  ];

/** Computed as products, and in blocks of which the last is not full. */
const CHANNELS = [3, 20];

for (const [h, w, kernel, stride, dilation] of CASES) {
  for (const padding of ['same', 'valid'] as const) {
    if (padding === 'valid' && Math.min(h, w) < (kernel - 1) * dilation + 1) continue;
    for (const channels of CHANNELS)
      it(`${channels} channels of ${h}x${w}, kernel ${kernel}, stride ${stride}, dilation ${dilation}, ${padding}, equals the cpu backend`, () =>
        check({
          shapes: [
            [2, h, w, channels],
            [kernel, kernel, channels, 1],
          ],
          op: (x, filter) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding, 'NHWC', dilation),
          // TensorFlow.js has no gradient with dilation.
          forwardOnly: dilation > 1,
        }));
  }
}

/** The nodes of a step that takes a kernel's gradient. */
async function nodes(channels: number): Promise<string> {
  await tf.setBackend('onnxruntime');
  const filter = tf.variable(tf.ones([3, 3, channels, 1])) as tf.Variable<tf.Rank.R4>;
  const step = compile((x: tf.Tensor4D) =>
    tf.grad((f) => tf.depthwiseConv2d(x, f as tf.Tensor4D, 1, 'same'))(filter),
  );
  const x = tf.ones([2, 6, 6, channels]) as tf.Tensor4D;
  for (let i = 0; i < 2; i++) step(x);
  const printed = step.print();
  step.dispose();
  return printed;
}

it('computes small maps without a grouped convolution', async () => {
  expect(await nodes(3)).not.toMatch(/ Conv\(/);
});

it.skipIf(channelBlock() === 0)('computes fours of channels in blocks', async () => {
  expect(await nodes(20)).toMatch(/nchwc\.Conv\(/);
});

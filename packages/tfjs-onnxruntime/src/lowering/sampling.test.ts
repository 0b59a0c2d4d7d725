// Crops, projections, rotations, maxima with their places and sorted rows, over drawn arguments, against TensorFlow.js'
// cpu backend. They have no gradients there.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, checkAll } from '../testing/against-cpu.ts';
import { pad, size, upTo } from '../testing/gradients/draw.ts';

type Image = tf.Tensor4D;

const images = fc.tuple(upTo(3), size, size, upTo(4));
/** Quarters, so that places fall on pixels, between them, and on borders, without rounding. */
const quarters = (count: number, from = -2, to = 6) =>
  fc
    .array(fc.integer({ min: from, max: to }), { minLength: count, maxLength: count })
    .map((all) => all.map((q) => q / 4));
const whole = (shape: readonly number[], op: (x: Image) => tf.Tensor): Case => ({
  shapes: [shape],
  op: (x) => op(x as Image),
  forwardOnly: true,
});

const CASES: Record<string, fc.Arbitrary<Case>> = {
  CropAndResize: fc
    .tuple(
      // Shares of the image are exact where its sides are one more than a power of two.
      fc.tuple(upTo(3), fc.constantFrom(1, 2, 3, 5, 9), fc.constantFrom(1, 2, 3, 5, 9), upTo(3)),
      fc.array(fc.tuple(quarters(4), upTo(3, 0)), { minLength: 1, maxLength: 4 }),
      fc.tuple(fc.constantFrom(1, 2, 3, 5), fc.constantFrom(1, 2, 3, 5)),
      fc.constantFrom('bilinear' as const, 'nearest' as const),
    )
    .map(([shape, boxes, crop, method]) =>
      whole(shape, (x) =>
        tf.image.cropAndResize(
          x,
          tf.tensor2d(boxes.map(([box]) => box)),
          tf.tensor1d(
            boxes.map(([, image]) => image),
            'int32',
          ),
          crop,
          method,
          0.75,
        ),
      ),
    ),
  MaxPoolWithArgmax: fc
    .tuple(images, upTo(3), upTo(3), pad, fc.boolean(), fc.boolean())
    .map(([[n, h, w, c], window, stride, padding, batch, positions]) =>
      whole([n, h + 2, w + 2, c], (x) => {
        const { result, indexes } = tf.maxPoolWithArgmax(x, window, stride, padding, batch);
        return positions ? tf.cast(indexes!, 'float32') : result!;
      }),
    ),
  RotateWithOffset: fc
    .tuple(
      images,
      upTo(12, -12),
      fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.tuple(upTo(1, 0), upTo(1, 0))),
      fc.boolean(),
    )
    .map(([shape, angle, center, gray]) =>
      whole(shape, (x) =>
        tf.image.rotateWithOffset(x, angle / 3.7, gray ? 0.5 : [0.25, 0.5, 0.75], center as [number, number]),
      ),
    ),
  SearchSorted: fc.tuple(upTo(3), size, size, fc.boolean()).map(([batch, n, m, right]) => ({
    shapes: [
      [batch, n],
      [batch, m],
    ],
    op: (row, values) => {
      const sorted = tf.reverse(tf.topk(row!, n).values, -1);
      return tf.cast(tf.searchSorted(sorted, values!, right ? 'right' : 'left'), 'float32');
    },
    forwardOnly: true,
  })),
  // The cpu backend leaves out all images but the first.
  Transform: fc
    .tuple(
      fc.tuple(fc.constant(1), size, size, upTo(3)),
      quarters(6, -8, 8),
      fc.constantFrom([0, 0], [0.25, 0], [-0.5, 0.5]),
      fc.constantFrom('nearest' as const, 'bilinear' as const),
      fc.constantFrom('constant' as const, 'reflect' as const, 'wrap' as const, 'nearest' as const),
      fc.option(fc.tuple(size, size)),
    )
    .map(([shape, affine, perspective, interpolation, fillMode, to]) =>
      whole(shape, (x) =>
        tf.image.transform(
          x,
          tf.tensor2d([[...affine, ...perspective]]),
          interpolation,
          fillMode,
          0.5,
          to ?? undefined,
        ),
      ),
    ),
};

describe('equals the cpu backend:', () => {
  for (const [kernel, cases] of Object.entries(CASES)) it(kernel, () => checkAll(cases));
});

it('each image of a batch has its own projection, or all have one', async () => {
  await tf.setBackend('onnxruntime');
  const x = tf.tensor([1, 2, 3, 10, 20, 30], [2, 1, 3, 1]) as Image;
  const shift = (by: number) => [1, 0, by, 0, 1, 0, 0, 0];
  const moved = (rows: number[][]) => Array.from(tf.image.transform(x, tf.tensor2d(rows)).dataSync());
  expect(moved([shift(1), shift(-1)])).toEqual([2, 3, 0, 0, 10, 20]);
  expect(moved([shift(1)])).toEqual([2, 3, 0, 20, 30, 0]);
});

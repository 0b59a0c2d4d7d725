// Functions with arrays of one number, compiled, against TensorFlow.js' cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../../index.ts';
import { numbers } from '../../testing/numbers.ts';

/** The results of a function of x (4, 6) on both backends, equal; and its graph's listing. */
async function listing(f: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]): Promise<string> {
  const values = Float32Array.from(numbers(24, 3));
  const run = (g: (x: tf.Tensor) => tf.TensorContainer) =>
    ([g(tf.tensor2d(values, [4, 6]))].flat() as tf.Tensor[]).map((t) => [...t.dataSync()]);
  await tf.setBackend('cpu');
  const expected = run(f);
  await tf.setBackend('onnxruntime');
  const step = compile(f);
  run(step);
  const got = run(step);
  const text = step.print();
  step.dispose();
  got.forEach((row, k) => {
    expect(row).toHaveLength(expected[k]!.length);
    row.forEach((value, i) => {
      const reference = expected[k]![i]!;
      // Sums of 24 float32 numbers of about 1 in another order.
      if (!Object.is(value, reference)) expect(value).toBeCloseTo(reference, 5);
    });
  });
  return text;
}

describe('an array of one number', () => {
  it('is a scalar where another operand has the shape', async () => {
    const text = await listing((x) => tf.sub(tf.mul(tf.fill([4, 6], 3), x), tf.ones([4, 6])));
    expect(text).not.toMatch(/const %const_\d+: float32\[4, 6\]/);
  });

  it('keeps its shape where it gives the result one', async () => {
    await listing((x) => tf.add(tf.fill([2, 4, 6], 3), x));
    await listing((x) => tf.div(tf.fill([4, 1, 1], 2), x));
    await listing((x) => [tf.mul(tf.ones([3, 2]), 5), tf.neg(x)]);
  });

  it('is read by kernels that need all of it', async () => {
    await listing((x) => tf.matMul(tf.mul(tf.ones([3, 4]), 0.5), x as tf.Tensor2D));
    await listing((x) => tf.concat([tf.zeros([4, 6]), x, tf.add(tf.zeros([1, 6]), -0.5)]));
  });

  it('is computed with, sums included', async () => {
    const text = await listing((x) => {
      const sum = tf.sum(tf.square(tf.fill([8, 3], -2)), 0);
      return tf.add(x, tf.reshape(tf.div(tf.concat([sum, sum]), tf.sqrt(tf.scalar(9))), [1, 6]));
    });
    expect(text).not.toContain('ReduceSum');
  });

  it('of 1 changes no factor, and is no divisor', async () => {
    const text = await listing((x) => tf.relu(tf.div(tf.mul(x, tf.ones([4, 6])), tf.ones([4, 6]))));
    expect(text).not.toMatch(/= (Mul|Div)\(/);
  });

  it('of -0 keeps its sign', async () => {
    await listing((x) => tf.div(tf.abs(x), tf.mul(tf.fill([4, 6], -1), tf.zeros([4, 6]))));
  });

  it('or one of NaN is no other', () =>
    listing(() => tf.minimum(tf.fill([2], Number.NaN), tf.tensor1d([1, 2]))));
});

describe('a sum of squares', () => {
  const regularized = (square: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
    tf.grads((w: tf.Tensor) => tf.mul(tf.sum(tf.mul(1e-3, square(w))), 2) as tf.Scalar)([x]);

  it('reads its array once, scaled or not', async () => {
    for (const f of [
      (x: tf.Tensor) => tf.sum(tf.square(x)),
      (x: tf.Tensor) => tf.sum(tf.mul(x, x)),
      (x: tf.Tensor) => tf.sum(tf.mul(tf.scalar(0.25), tf.square(x))),
      (x: tf.Tensor) => tf.sum(tf.mul(tf.mul(x, x), tf.mean(x))),
    ]) {
      expect(await listing(f)).toMatch(/SumSquares\/Gemm/);
    }
  });

  it('has the gradient of an L2 regularizer', async () => {
    await listing(regularized(tf.square));
    await listing(regularized((x) => tf.mul(x, x)));
  });

  it('of which the squares are read elsewhere too, or only some are summed, is left', async () => {
    const both = await listing((x) => [tf.square(x), tf.sum(tf.square(x))]);
    const rows = await listing((x) => tf.sum(tf.square(x), 1));
    expect(both + rows).not.toContain('SumSquares');
  });

  it('of half a million numbers is as exact as one by pairs', async () => {
    await tf.setBackend('onnxruntime');
    const values = Float32Array.from(numbers(2 ** 19, 8));
    const exact = values.reduce((sum, v) => sum + v * v, 0);
    const step = compile((x: tf.Tensor) => tf.sum(tf.square(x)));
    const x = tf.tensor1d(values);
    step(x);
    // 2^19 terms by float32's 2^-24 each would be 3 % in the worst order; sums of parts are better by far.
    expect(Math.abs(step(x).dataSync()[0]! / exact - 1)).toBeLessThan(1e-5);
    step.dispose();
  });
});

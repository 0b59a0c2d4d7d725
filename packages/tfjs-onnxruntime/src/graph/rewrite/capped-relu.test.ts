import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../../index.ts';
import { values } from '../../testing/against-cpu.ts';

/** What stands before: of an image, a kernel and a bias. */
const BEFORE = {
  nothing: { kernel: [1], before: (x: tf.Tensor4D) => x },
  'a convolution': {
    kernel: [1, 1, 8, 8],
    before: (x: tf.Tensor4D, kernel: tf.Tensor, bias: tf.Tensor) =>
      tf.add(tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same'), bias),
  },
  'a depthwise convolution': {
    kernel: [3, 3, 8, 1],
    before: (x: tf.Tensor4D, kernel: tf.Tensor, bias: tf.Tensor) =>
      tf.add(tf.depthwiseConv2d(x, kernel as tf.Tensor4D, 1, 'same'), bias),
  },
};

/** ReLU6 as TensorFlow.js Layers computes it. */
const relu6 = (x: tf.Tensor) => tf.clipByValue(tf.relu(x), 0, 6);

describe.each(Object.entries(BEFORE))('ReLU6 behind %s', (_, { kernel, before }) => {
  /** Its output, which the factor keeps from being the program's own, and the gradient. */
  const both = (x: tf.Tensor4D, filter: tf.Tensor, bias: tf.Tensor) => {
    const f = (v: tf.Tensor) => tf.mul(relu6(before(v as tf.Tensor4D, filter, bias)), 4);
    return [f(x), tf.grad(f)(x)];
  };
  /** Quarters, many of which are the bounds. */
  const inputs = () =>
    [tf.mul(values([2, 4, 4, 8], 1), 4), values(kernel, 2), values([8], 3)] as [
      tf.Tensor4D,
      tf.Tensor,
      tf.Tensor,
    ];

  it('and its gradient equal the cpu backend, in one map', async () => {
    await tf.setBackend('cpu');
    const expected = both(...inputs()).map((t) => t.dataSync().slice());
    await tf.setBackend('onnxruntime');
    const step = compile(both, { traceFirst: true });
    const found = step(...inputs()).map((t) => t.dataSync().slice());
    expect([...found[1]!]).toEqual([...expected[1]!]);
    // Where it is clipped, the next number above 6 tells so.
    found[0]!.forEach((value, i) => {
      expect(Math.abs(value - expected[0]![i]!)).toBeLessThanOrEqual(24 * 2 ** -23);
    });
    expect(step.print()).not.toMatch(/= Relu\(/);
    step.dispose();
  });
});

it('without a gradient, and of a map that is asked for, is clipped exactly', async () => {
  await tf.setBackend('onnxruntime');
  const step = compile((x: tf.Tensor1D) => [tf.add(relu6(x), 0.5), relu6(tf.neg(x))], { traceFirst: true });
  const [sum, clipped] = step(tf.tensor1d([-7, -1, 1, 5, 6, 8])) as [tf.Tensor, tf.Tensor];
  expect([...sum.dataSync()]).toEqual([0.5, 0.5, 1.5, 5.5, 6.5, 6.5]);
  expect([...clipped.dataSync()]).toEqual([6, 1, 0, 0, 0, 0]);
  step.dispose();
});

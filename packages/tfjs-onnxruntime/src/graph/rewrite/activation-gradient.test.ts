import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { compile } from '../../index.ts';

/** Around both bounds, and on them. */
const VALUES = [-1, -0, 0, 1e-30, 3, 5.9999995, 6, 6.0000005, 7, 1e30];

const gradient = (min: number, max: number) => (x: tf.Tensor) =>
  tf.grad((v: tf.Tensor) => tf.mul(tf.clipByValue(tf.relu(v), min, max), 3))(x);

for (const [min, max] of [
  [0, 6],
  [-2, 6],
  [0, 0.1],
  [1, 6],
] as const) {
  it(`the gradient of a Relu clipped to ${min} and ${max} equals the cpu backend's, at its bounds too`, async () => {
    await tf.setBackend('cpu');
    const values = [...VALUES, max];
    const expected = [...gradient(min, max)(tf.tensor1d(values)).dataSync()];
    await tf.setBackend('onnxruntime');
    const step = compile(gradient(min, max), { traceFirst: true });
    expect([...step(tf.tensor1d(values)).dataSync()].map(Number)).toEqual(expected);
    // Only a lower bound above 0 matters, and is compared with.
    expect(/GreaterOrEqual/.test(step.print())).toBe(min > 0);
    step.dispose();
  });
}

// Holds an operation and its gradients against TensorFlow.js' cpu backend. Values are quarters, so that windows have
// ties and sums are exact in float32 more often than not.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// tfjs-core registers no gradients by itself in Node; tfjs-layers does.
import '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { expect } from 'vitest';
import '../index.ts';
import { numbers } from './numbers.ts';

// The gradient of Prod calls this method, which tfjs-core alone does not register.
const prototype = tf.Tensor.prototype as { reshape?: (shape: number[]) => tf.Tensor };
prototype.reshape ??= function (this: tf.Tensor, shape) {
  return tf.reshape(this, shape);
};

export interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly op: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** TensorFlow.js itself has no gradient here, or a wrong one. */
  readonly forwardOnly?: boolean;
}

/** A tensor of quarters, the same for the same seed. */
export function values(shape: readonly number[], seed: number): tf.Tensor {
  const quarters = numbers(tf.util.sizeFromShape([...shape]), seed + 1).map((x) => Math.round(8 * x) / 4);
  return tf.tensor(quarters, [...shape]);
}

/** The result and the gradients of all inputs, as plain arrays. */
async function run(backend: string, { shapes, op, forwardOnly }: Case): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => values(shape, i));
    const y = op(...inputs);
    const dy = values(y.shape, 17);
    const gradients = forwardOnly ? [] : tf.grads(op)(inputs, dy);
    return [y, ...gradients].map((t) => t.dataSync().slice() as Float32Array);
  });
}

/** Fails where the engine's result or gradients are not the cpu backend's. */
export async function check(given: Case): Promise<void> {
  const expected = await run('cpu', given);
  const got = await run('onnxruntime', given);
  got.forEach((array, k) => {
    expectClose(array, expected[k]!);
  });
}

/** Fails where a value is off by 1e-4 of the largest one: sums in another order lose digits where they cancel. */
export function expectClose(found: Float32Array, expected: Float32Array): void {
  expect(found.length).toBe(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(worst / scale).toBeLessThan(1e-4);
}

/** How many cases are drawn, and from which seed: the same ones each time, unless others are asked for. */
export const DRAWN = {
  numRuns: Number(process.env.SIGHTLINE_CASES ?? 16),
  seed: Number(process.env.SIGHTLINE_SEED ?? 20261124),
};

/** Holds drawn cases against the cpu backend; a failure shows the smallest case that fails. */
export const checkAll = (cases: fc.Arbitrary<Case>): Promise<void> =>
  fc.assert(fc.asyncProperty(cases, check), DRAWN);

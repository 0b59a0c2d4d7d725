// Functions with batch normalization as TensorFlow.js spells it out, compiled, against its cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// tfjs-core registers no gradients by itself in Node; tfjs-layers does.
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../../index.ts';
import { numbers } from '../../testing/numbers.ts';

type Inputs = readonly [x: tf.Tensor4D, z: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D];
type Body = (...inputs: Inputs) => tf.Tensor;

/** Rows enough for the rewrite: 8 images of 12 x 12 pixels, 8 channels. */
const SHAPE: [number, number, number, number] = [8, 12, 12, 8];

const values = (shape: readonly number[], seed: number, mean = 0): tf.Tensor =>
  tf.tensor(
    numbers(tf.util.sizeFromShape([...shape]), seed).map((x) => mean + x),
    [...shape],
  );

const make = (mean: number) =>
  [values(SHAPE, 1, mean), values(SHAPE, 2), values([8], 3, 1), values([8], 4)] as unknown as Inputs;

/** The result and all gradients. */
async function compare(body: Body, { mean = 0, tolerance = 1e-5 } = {}): Promise<string> {
  const step = (...inputs: tf.Tensor[]) => {
    const dy = inputs[4]!;
    // TensorFlow.js refuses gradients by inputs that a function does not use.
    const f = (...given: tf.Tensor[]) =>
      tf.add(body(...(given as unknown as Inputs)), tf.mul(0, tf.addN(given.map((x) => tf.sum(x)))));
    return [f(...inputs.slice(0, 4)), ...tf.grads(f)(inputs.slice(0, 4), dy)];
  };
  await tf.setBackend('cpu');
  const inputs = make(mean);
  const dy = values(body(...inputs).shape, 5);
  const expected = step(...inputs, dy).map((t) => t.dataSync() as Float32Array);
  await tf.setBackend('onnxruntime');
  const compiled = compile(step);
  const own = [...make(mean), values(dy.shape, 5)];
  compiled(...own);
  const got = compiled(...own).map((t) => t.dataSync() as Float32Array);
  const listing = compiled.print();
  compiled.dispose();
  got.forEach((array, k) => {
    const scale = expected[k]!.reduce((most: number, v: number) => Math.max(most, Math.abs(v)), 1e-6);
    const worst = array.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[k]![i]!)), 0);
    expect(worst / scale).toBeLessThan(tolerance);
  });
  return listing;
}

/** As tf.layers.batchNormalization does in training. */
const normalize = (x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor4D => {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 1e-3);
};

describe('a compiled function equals the cpu backend:', () => {
  it('batch normalization and Relu', async () => {
    const listing = await compare((x, _, scale, offset) => tf.relu(normalize(x, scale, offset)));
    expect(listing).toContain('ChannelAffine');
  });

  it('of a mean that is a hundred deviations away', async () => {
    // float32 holds x - mean to 1e-5 there, whatever the algorithm.
    await compare((x, _, scale, offset) => tf.relu(normalize(x, scale, offset)), {
      mean: 60,
      tolerance: 1e-4,
    });
  });

  it('a residual block of two', () =>
    compare((x, z, scale, offset) =>
      tf.relu(tf.add(normalize(x, scale, offset), normalize(z, offset, scale))),
    ).then((listing) => expect(listing).toContain('ChannelAffine')));

  it('forms that other kernels read, twice', () =>
    compare((x, z, scale, offset) => {
      const y = normalize(x, scale, offset);
      return tf.add(tf.mul(tf.sigmoid(y), y), tf.mean(tf.mul(tf.sub(y, z), tf.add(z, scale)), [0, 1, 2]));
    }));

  it('sums of products of forms with offsets', () =>
    compare((x, z, scale, offset) => {
      const a = tf.add(tf.mul(x, scale), offset);
      const b = tf.sub(tf.neg(tf.mul(z, offset)), tf.div(x, 3));
      return tf.add(tf.sum(tf.mul(a, b), [0, 1, 2]), tf.mean(x, [0, 1, 2]));
    }));

  it('sums over no bases, and squares', () =>
    compare((x, z, scale) => {
      const constant = tf.sub(tf.mul(z, 0), 2);
      return tf.addN([
        tf.sum(tf.square(tf.mul(x, scale)), [0, 1, 2]),
        tf.mean(z, [0, 1, 2]),
        tf.sum(tf.sub(constant, constant), [0, 1, 2]),
      ]);
    }));
});

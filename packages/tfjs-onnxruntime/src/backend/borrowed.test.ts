// Arrays that the caller reuses after a call: what was asked for is computed from what they held then.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { compile } from '../index.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

it('an array that is filled anew after a call', () => {
  const staging = new Float32Array([1, 2]);
  const y = tf.add(tf.tensor(staging), 1);
  staging[0] = 100;
  expect([...y.dataSync()]).toEqual([2, 3]);
});

it('a TensorBuffer that is written after its tensor was used', () => {
  const values = tf.buffer([2]);
  values.set(1, 0);
  const y = tf.mul(values.toTensor(), 2);
  values.set(9, 0);
  expect([...y.dataSync()]).toEqual([2, 0]);
});

it('rows, slices and reshapes of such an array', () => {
  const staging = Float32Array.from({ length: 1024 }, (_, i) => i);
  const x = tf.tensor2d(staging, [2, 512]);
  const results = [
    tf.gather(x, tf.tensor1d([1], 'int32')),
    tf.slice(x, [1, 0], [1, 512]),
    tf.neg(tf.reshape(x, [4, 256])),
  ];
  staging.fill(-1);
  const [gathered, sliced, negative] = results.map((y) => y.dataSync());
  expect(gathered![0]).toBe(512);
  expect(sliced![511]).toBe(1023);
  expect(negative![3]).toBe(-3);
});

it('the input of a compiled step', () => {
  const step = compile((x: tf.Tensor) => tf.mul(x, 2));
  const staging = new Float32Array(2);
  const results = [1, 2, 3].map((value) => {
    staging.fill(value);
    return step(tf.tensor(staging));
  });
  staging.fill(100);
  expect(results.map((y) => y.dataSync()[0])).toEqual([2, 4, 6]);
});

it('a variable that shares the data of a reshaped tensor is trained alone', () => {
  const start = tf.tensor1d([1, 2, 3, 4]);
  const w = tf.variable(tf.zeros([2, 2]));
  w.assign(tf.reshape(start, [2, 2]));
  const step = compile((x: tf.Tensor) => {
    w.assign(tf.mul(w, x) as tf.Tensor2D);
    return tf.sum(w);
  });
  const sums = [1, 2, 3].map(() => step(tf.scalar(2)).dataSync()[0]);
  expect(sums).toEqual([20, 40, 80]);
  expect([...w.dataSync()]).toEqual([8, 16, 24, 32]);
  expect([...start.dataSync()]).toEqual([1, 2, 3, 4]);
});

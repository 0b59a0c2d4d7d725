// What tf.memory() says, and which sessions are held.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { sessionsAlive } from '@sightline/ort';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { OnnxRuntimeBackend } from './backend.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

const held = () => {
  const { numTensors, numDataBuffers, numBytes, unreliable } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, unreliable: unreliable ?? false };
};

/** What has come since, and went. */
const since = (before: ReturnType<typeof held>) => {
  const now = held();
  return {
    tensors: now.numTensors - before.numTensors,
    buffers: now.numDataBuffers - before.numDataBuffers,
    bytes: now.numBytes - before.numBytes,
  };
};

const NOTHING = { tensors: 0, buffers: 0, bytes: 0 };

it('a fused product and its gradient make no data that TensorFlow.js does not know of', () => {
  // Under this flag TensorFlow.js counts the data before and after each kernel, as its own tests do.
  tf.env().set('IS_TEST', true);
  try {
    const x = tf.tensor3d([1, -2, 3, 4], [1, 2, 2]);
    const product = (a: tf.Tensor, b: tf.Tensor) =>
      tf.fused.matMul({ a: a as tf.Tensor3D, b: b as tf.Tensor3D, activation: 'relu' });
    const [dx] = tf.grads(product)([x, tf.ones([1, 2, 2])]);
    expect([...dx!.dataSync()]).toEqual([0, 0, 2, 2]);
  } finally {
    tf.env().set('IS_TEST', false);
  }
});

describe('tf.memory', () => {
  it('counts what is recorded, computed, shared and kept', () => {
    const before = held();
    expect(before.unreliable).toBe(false);
    const x = tf.tidy(() => tf.relu(tf.add(tf.ones([8]), 1)));
    expect(since(before)).toEqual({ tensors: 1, buffers: 1, bytes: 32 });
    x.dataSync();
    const shared = tf.clone(x);
    // TensorFlow.js counts the bytes of a shared buffer for each tensor that shares it.
    expect(since(before)).toEqual({ tensors: 2, buffers: 1, bytes: 64 });
    const reshaped = tf.reshape(x, [2, 4]);
    expect(since(before)).toEqual({ tensors: 3, buffers: 1, bytes: 96 });
    reshaped.dispose();
    const flags = tf.tidy(() => tf.greater(x, 1));
    expect(since(before)).toEqual({ tensors: 3, buffers: 2, bytes: 72 });
    tf.dispose([x, shared, flags]);
    expect(since(before)).toEqual(NOTHING);
  });

  it('stays where it was over eager and compiled steps, traces, retraces and failures', () => {
    const w = tf.variable(tf.ones([16, 4]));
    const optimizer = tf.train.adam(0.01);
    const loss = (x: tf.Tensor) => () =>
      tf.mean(tf.square(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))) as tf.Scalar;
    const update = (x: tf.Tensor) => tf.tidy(() => optimizer.minimize(loss(tf.dropout(x, 0.5)), true, [w])!);
    const step = compile(update);
    const x = tf.ones([3, 16]);
    update(x).dispose();
    const before = held();
    for (let i = 0; i < 20; i++) {
      if (i === 10) Object.assign(optimizer, { beta1: 0.8 });
      step(x).dispose();
      update(x).dispose();
    }
    step.partition();
    step.dispose();
    const failing = compile((input: tf.Tensor) => tf.mul(input, tf.sum(input).dataSync()[0]!));
    failing(x).dispose();
    expect(() => failing(x)).toThrow();
    expect(since(before)).toEqual(NOTHING);
    tf.dispose([x, w]);
    optimizer.dispose();
  });

  it('counts nothing that the cpu backend made on the way', () => {
    const before = held();
    const x = tf.tensor1d([3, 1, 3]);
    const { values, indices } = tf.unique(x);
    tf.dispose([x, values, indices]);
    expect(since(before)).toEqual(NOTHING);
  });
});

describe('sessions', () => {
  const own = () => tf.backend() as OnnxRuntimeBackend;

  it('are released from the one used longest ago on, where there are too many', () => {
    const others = sessionsAlive() - own().executor.sessions;
    for (let size = 1; size <= 300; size++) tf.tidy(() => tf.add(tf.ones([size, 2]), 1).dataSync());
    expect(own().executor.sessions).toBe(256);
    expect(sessionsAlive() - others).toBe(256);
    // One that was released is made again.
    expect(tf.tidy(() => tf.add(tf.ones([1, 2]), 1).dataSync()[0])).toBe(2);
    expect(sessionsAlive() - others).toBe(256);
  });

  it('of a compiled step are released with it, and when it is traced again', () => {
    const before = sessionsAlive();
    let scale = tf.scalar(2);
    const step = compile((x: tf.Tensor) => tf.mul(x, scale));
    const [x, y] = [tf.ones([2]), tf.ones([3])];
    for (const input of [x, x, y, y]) step(input);
    const eager = own().executor.sessions;
    expect(sessionsAlive() - before).toBe(2);
    scale.dispose();
    scale = tf.scalar(3);
    for (const input of [x, y]) step(input);
    expect(sessionsAlive() - before).toBe(2);
    step.dispose();
    step.dispose();
    expect(sessionsAlive() - before).toBe(0);
    expect(own().executor.sessions).toBe(eager);
  });

  it('of a backend are released with it', () => {
    const before = sessionsAlive();
    const backend = new OnnxRuntimeBackend();
    tf.registerBackend('another', () => backend);
    for (const kernelName of ['Fill', 'Add']) {
      const { kernelFunc } = tf.getKernel(kernelName, 'onnxruntime')!;
      tf.registerKernel({ kernelName, backendName: 'another', kernelFunc });
    }
    tf.setBackend('another');
    tf.tidy(() => tf.add(tf.ones([7]), 1).dataSync());
    expect(sessionsAlive() - before).toBe(1);
    tf.removeBackend('another');
    expect(sessionsAlive()).toBe(before);
  });
});

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import '../index.ts';
import type { OnnxRuntimeBackend } from './backend.ts';

async function fitted(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const seeded = (seed: number) => tfl.initializers.glorotUniform({ seed });
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        inputShape: [10, 10, 3],
        kernelInitializer: seeded(1),
      }),
      tfl.layers.batchNormalization(),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(2) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.tensor(
    Float32Array.from({ length: 20 * 300 }, (_, i) => ((i * 7919) % 256) / 255),
    [20, 10, 10, 3],
  );
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: 20 }, (_, i) => i % 3),
      'int32',
    ),
    3,
  );
  const { history } = await model.fit(x, y, { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 });
  model.dispose();
  return (history.loss as number[]).concat(history.acc as number[]);
}

describe('the backend used eagerly', () => {
  const backend = (): OnnxRuntimeBackend => tf.backend() as OnnxRuntimeBackend;
  beforeAll(() => tf.setBackend('onnxruntime'));

  it('model.fit, unchanged, gives what the cpu backend gives', async () => {
    const expected = await fitted('cpu');
    const got = await fitted('onnxruntime');
    // Float32 sums in other orders, over a dozen steps of Adam.
    got.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3);
    });
  });

  it('a repeated step finds its session', async () => {
    await tf.setBackend('onnxruntime');
    const w = tf.variable(tf.ones([4]));
    const step = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(w)) as tf.Scalar);
        w.assign(tf.sub(w, tf.mul(grads[w.name]!, 0.1)) as tf.Tensor1D);
        return value.dataSync()[0]!;
      });
    for (let i = 0; i < 3; i++) step();
    const sessions = backend().executor.sessions;
    const losses = Array.from({ length: 20 }, step);
    expect(backend().executor.sessions).toBe(sessions);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it('counts the tensors and bytes that it holds', () => {
    const before = tf.memory();
    const x = tf.tidy(() => tf.relu(tf.add(tf.ones([8]), 1)));
    expect(tf.memory().numBytes - before.numBytes).toBe(32);
    x.dispose();
    expect(tf.memory().numBytes).toBe(before.numBytes);
    expect(tf.memory().unreliable).toBeFalsy();
  });

  it('keeps results that were recorded and never read from growing', () => {
    let x = tf.tidy(() => tf.ones([4]));
    for (let i = 0; i < 6_000; i++) {
      const next = tf.tidy(() => tf.mul(tf.add(x, 1), 0.5) as tf.Tensor1D);
      x.dispose();
      x = next as typeof x;
    }
    expect(Array.from(x.dataSync())).toEqual([1, 1, 1, 1]);
  });
});

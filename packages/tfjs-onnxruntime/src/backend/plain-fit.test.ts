// tfjs-layers' own fit, evaluate and predict: one session per shape, however many batches there are.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import '../index.ts';
import type { OnnxRuntimeBackend } from './backend.ts';

const BATCH = 2;
const BATCHES = 60;
const ROWS = BATCH * BATCHES;

const sessions = (): number => (tf.backend() as OnnxRuntimeBackend).executor.sessions;

function smallModel(): tfl.Sequential {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 3, activation: 'relu', inputShape: [4] }),
      tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  return model;
}

describe("tfjs-layers' own loops", () => {
  beforeAll(() => tf.setBackend('onnxruntime'));

  it('fit makes no session for a batch of known shape', async () => {
    const model = smallModel();
    const [x, y] = [tf.randomUniform([ROWS, 4]), tf.ones([ROWS, 1])];
    const counts: number[] = [];
    const before = sessions();
    await model.fit(x, y, {
      epochs: 2,
      batchSize: BATCH,
      verbose: 0,
      callbacks: { onEpochEnd: () => void counts.push(sessions() - before) },
    });
    // A step, the first batch's sums of metrics and those of later ones; not one session for each of 60 batches.
    expect(counts[0]).toBeLessThan(10);
    // The mean over the first epoch is computed after its callback.
    expect(counts[1]! - counts[0]!).toBeLessThanOrEqual(1);
  });

  it('evaluate and predict make no session for a batch of known shape', () => {
    const model = smallModel();
    const x = tf.randomUniform([ROWS, 4]);
    const y = tf.ones([ROWS, 1]);
    const run = () =>
      tf.tidy(() => {
        const [loss] = model.evaluate(x, y, { batchSize: BATCH }) as tf.Scalar[];
        loss!.dataSync();
        return [...(model.predict(x, { batchSize: BATCH }) as tf.Tensor).dataSync()];
      });
    const before = sessions();
    const first = run();
    expect(first).toHaveLength(ROWS);
    const after = sessions();
    expect(after - before).toBeLessThan(10);
    expect(run()).toEqual(first);
    expect(run()).toEqual(first);
    expect(sessions() - after).toBeLessThanOrEqual(2);
  });
});

describe('what changes from call to call is no part of a session', () => {
  const image = () => tf.reshape(tf.range(0, 36), [1, 3, 4, 3]) as tf.Tensor4D;
  const CASES: Record<string, (x: tf.Tensor4D, i: number) => tf.Tensor> = {
    'where a slice begins, of known values': (x, i) => tf.slice(x, [0, i, 0, 0], [1, 1, 4, 3]),
    'where a slice begins, of computed values': (x, i) => tf.slice(tf.neg(x), [0, i, i, 0], [1, 1, 2, 3]),
    'the bounds of a strided slice': (x, i) =>
      tf.stridedSlice(tf.neg(x), [0, 2 - i, 3 - (i % 2), 2], [1, 3 - i, 1 - (i % 2), -4], [1, 1, -1, -1]),
    'paddings of one sum': (x, i) =>
      tf.pad(
        tf.neg(x),
        [
          [0, 0],
          [i, 2 - i],
          [1, 1],
          [0, 0],
        ],
        0.5,
      ),
    'the value of a fill': (x, i) => tf.mul(x, tf.fill([4, 3], i + 0.5)),
    'the bounds of a range': (_, i) => tf.neg(tf.range(i, i + 5)),
    'the bounds of a linear space': (_, i) => tf.neg(tf.linspace(i, 2 * i + 1, 4)),
    'an angle': (x, i) => tf.image.rotateWithOffset(tf.neg(x) as tf.Tensor4D, 0.7 * i - 1, 0.25),
  };
  for (const [name, op] of Object.entries(CASES)) {
    it(name, async () => {
      const values = (i: number) => tf.tidy(() => [...op(image(), i).dataSync()]);
      await tf.setBackend('cpu');
      const expected = [0, 1, 2].map(values);
      await tf.setBackend('onnxruntime');
      const first = values(0);
      const before = sessions();
      const got = [first, values(1), values(2)];
      expect(sessions()).toBe(before);
      got.forEach((array, i) => {
        expect(array).toEqual(expected[i]!.map((value) => expect.closeTo(value, 5)));
      });
    });
  }
});

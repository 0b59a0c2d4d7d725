import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { seedNetwork } from '../networks/seed.ts';
import { type LayerRow, sequential } from '../networks/table.ts';
import {
  data,
  network,
  smallOptions,
  smallRows,
  weightsOf,
  withoutTimes,
} from '../testing/small-training.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

const options = (more: Partial<FitOptions> = {}) => smallOptions(engine, more);

test('a network learns, and the last validation metrics are those of evaluate', async () => {
  const model = await network(1, 3);
  const sources = data(3);
  const { history, status, best } = await fit(model, sources, options({ epochs: 30 }));
  expect(status).toBe('complete');
  expect(history.map((r) => r.epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(best!.valAccuracy).toBeGreaterThan(0.9);
  const last = await evaluate(model, sources.validation, { engine });
  expect(last.loss).toBe(history.at(-1)!.valLoss);
  expect(last.accuracy).toBe(history.at(-1)!.valAccuracy);
});

test('the same seed gives the same weights and history bit for bit, another seed others', async () => {
  const train = async (seed: number) => {
    const model = await network(seed);
    const { history } = await fit(model, data(), options());
    return { weights: weightsOf(model), history: withoutTimes(history) };
  };
  const first = await train(7);
  expect(await train(7)).toEqual(first);
  expect((await train(8)).weights).not.toEqual(first.weights);
});

test('training metrics are means over rows, taken before each update', async () => {
  const rate = options({ epochs: 1, optimizer: { name: 'sgd', learningRate: 1e-30 } });
  const model = await seedNetwork(sequential('plain', [{ layer: 'flatten' }], [6, 6, 3], 2), 4);
  const sources = data(2, 16);
  const { history } = await fit(model, sources, rate);
  const same = await evaluate(model, sources.train, { engine });
  // Batches of 16, 16 and 4: an unweighted mean of the three would differ in the third digit.
  expect(history[0]!.loss).toBeCloseTo(same.loss, 6);
  expect(history[0]!.accuracy).toBe(same.accuracy);
});

test('a class weight of zero takes its rows out of the gradient', async () => {
  const model = await network(6);
  const { history } = await fit(
    model,
    data(),
    options({ epochs: 20, classWeights: [1, 0], optimizer: { name: 'adam', learningRate: 0.1 } }),
  );
  // Only class 0 is learned: all rows go there.
  expect(history.at(-1)!.valAccuracy).toBe(0.5);
  await expect(fit(model, data(), options({ classWeights: [1, 2, 3] }))).rejects.toThrow(
    /Expected 2 class weights/,
  );
});

test('dropout masks differ from step to step and follow from the seed', async () => {
  const layers: LayerRow[] = [{ layer: 'flatten' }, { layer: 'dropout', rate: 0.5 }];
  const model = await seedNetwork(sequential('drop', layers, [10, 10, 1], 2), 1);
  const dropout = model.layers.find((l) => l.getClassName() === 'Dropout') as unknown as {
    sample(step: number, rows: number): void;
    apply(x: tf.Tensor, kwargs: { training: boolean }): tf.Tensor;
  };
  const mask = (step: number) => {
    dropout.sample(step, 8);
    return Array.from(dropout.apply(tf.ones([8, 100]), { training: true }).dataSync());
  };
  const [a, b] = [mask(0), mask(1)];
  expect(a).not.toEqual(b);
  expect(mask(0)).toEqual(a);
  expect(new Set(a)).toEqual(new Set([0, 2]));
  // 800 draws of a half: three standard deviations are 42.
  expect(Math.abs(a.filter((v) => v > 0).length - 400)).toBeLessThan(43);
});

test('networks and data that do not fit are refused with a sentence', async () => {
  const sources = data();
  const large = await seedNetwork(sequential('large', smallRows, [8, 8, 3], 2), 1);
  await expect(fit(large, sources, options())).rejects.toThrow(/takes 8x8x3, but the train data are 6x6x3/);
  const three = await network(1, 3);
  await expect(fit(three, sources, options())).rejects.toThrow(/3 classes apart, but the train data have 2/);
  const unseeded = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [6, 6, 3] }),
      tfl.layers.dropout({ rate: 0.5 }),
      tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  await expect(fit(unseeded, sources, options())).rejects.toThrow(/seedNetwork/);
});

import type { BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { data, network, smallOptions, weightsOf, withoutTimes } from '../testing/small-training.ts';
import { type Callback, csvHistory, earlyStopping, reduceOnPlateau } from './callback.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';
import type { TrainingState } from './state.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

const options = (more: Partial<FitOptions> = {}) => smallOptions(engine, more);

test('a run that goes on from its last checkpoint ends like one that never stopped', async () => {
  const callbacks = () => [reduceOnPlateau({ patience: 1, factor: 0.5 }), earlyStopping({ patience: 4 })];
  const schedule = { name: 'cosine', warmupEpochs: 1 } as const;
  const whole = await network(3);
  const states: TrainingState[] = [];
  const bests: TrainingState[] = [];
  const result = await fit(
    whole,
    data(),
    options({
      epochs: 6,
      schedule,
      callbacks: callbacks(),
      checkpoint: (name, state) => void (name === 'best' ? bests.push(state) : states.push(state)),
    }),
  );
  for (const stop of [1, 4]) {
    const resumed = await network(3);
    for (const weight of resumed.weights) weight.write(tf.zeros(weight.shape as number[]));
    const best = bests.filter((state) => state.epoch <= stop).at(-1)!;
    const again = await fit(
      resumed,
      data(),
      options({ epochs: 6, schedule, callbacks: callbacks(), resume: { last: states[stop - 1]!, best } }),
    );
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    expect(withoutTimes(again.history)).toEqual(withoutTimes(result.history));
    expect(again.best!.epoch).toBe(result.best!.epoch);
  }
});

test('an aborted run ends after its step with the whole epochs so far', async () => {
  const controller = new AbortController();
  let steps = 0;
  let kept: number[][] | undefined;
  const model = await network(1);
  const result = await fit(
    model,
    data(),
    options({
      epochs: 9,
      signal: controller.signal,
      onStep: ({ epoch }) => {
        if (epoch === 3) {
          steps++;
          controller.abort();
        }
      },
      onEpoch: () => {
        kept = weightsOf(model);
      },
    }),
  );
  expect(result.status).toBe('interrupted');
  expect(result.history).toHaveLength(2);
  expect(steps).toBe(1);
  expect(result.part).toMatchObject({ batches: 1, rows: 8 });
  expect(weightsOf(model)).toEqual(kept);
});

test('a run that is stopped between any two steps, in validation too, ends like one that never was', async () => {
  const settings = () =>
    options({
      epochs: 3,
      schedule: { name: 'cosine', warmupEpochs: 1 },
      callbacks: [reduceOnPlateau({ patience: 1, factor: 0.5 })],
    });
  const whole = await network(3);
  const result = await fit(whole, data(), settings());
  // 36 rows in batches of 8: five steps an epoch, then three batches of validation.
  // The third epoch's steps have before them what those of the second have.
  for (let stopAt = 1; stopAt <= 2 * 8; stopAt++) {
    const controller = new AbortController();
    let drawn = 0;
    const counted = (source: BatchSource): BatchSource => ({
      ...source,
      async *batches(...args) {
        for await (const batch of source.batches(...args)) {
          if (++drawn === stopAt) controller.abort();
          yield batch;
        }
      },
    });
    const { train, validation } = data();
    const saved: { [name in 'best' | 'last' | 'midway']?: TrainingState } = {};
    const stopped = await fit(
      await network(3),
      { train: counted(train), validation: counted(validation) },
      {
        ...settings(),
        signal: controller.signal,
        // As a file holds it.
        checkpoint: (name, state) => {
          saved[name] = structuredClone(state);
        },
      },
    );
    expect(stopped.status).toBe('interrupted');
    expect(stopped.part?.batches).toBe(stopAt % 8 === 1 ? undefined : Math.min((stopAt - 1) % 8, 5));
    const resumed = await network(3);
    if (stopAt > 1) for (const weight of resumed.weights) weight.write(tf.zeros(weight.shape as number[]));
    const again = await fit(resumed, data(), { ...settings(), resume: saved });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    expect(withoutTimes(again.history)).toEqual(withoutTimes(result.history));
    expect(again.best).toEqual({ ...result.best, seconds: expect.any(Number) });
  }
});

test('a callback that stops inside an epoch stops after it, in a resumed run too', async () => {
  const stopper: Callback = {
    name: 'stopper',
    onStep: ({ epoch, rows }, control) => {
      if (epoch === 2 && rows === 8) control.stop('Enough.');
    },
  };
  const whole = await network(3);
  const once = await fit(whole, data(), options({ callbacks: [stopper] }));
  expect(once).toMatchObject({ status: 'complete', stopped: 'Enough.' });
  const controller = new AbortController();
  let midway: TrainingState | undefined;
  const stopped = await fit(
    await network(3),
    data(),
    options({
      callbacks: [stopper],
      signal: controller.signal,
      onStep: ({ epoch, rows }) => epoch === 2 && rows === 16 && controller.abort(),
      checkpoint: (name, state) => {
        if (name === 'midway') midway = state;
      },
    }),
  );
  expect(stopped.status).toBe('interrupted');
  const resumed = await network(3);
  const again = await fit(resumed, data(), options({ callbacks: [stopper], resume: { midway: midway! } }));
  expect(again).toMatchObject({ status: 'complete', stopped: 'Enough.' });
  expect(withoutTimes(again.history)).toEqual(withoutTimes(once.history));
  expect(weightsOf(resumed)).toEqual(weightsOf(whole));
});

test('a loss that is not finite puts the last whole epoch back', async () => {
  let kept: number[][] | undefined;
  const model = await network(2);
  const sources = data();
  const poisoned = {
    ...sources.train,
    async *batches(epoch: number) {
      for await (const batch of sources.train.batches(epoch)) {
        if (epoch === 3) batch.x.fill(Number.NaN);
        yield batch;
      }
    },
  };
  const result = await fit(
    model,
    { ...sources, train: poisoned },
    options({
      epochs: 5,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) kept = weightsOf(model);
      },
    }),
  );
  expect(result.status).toBe('diverged');
  expect(result.stopped).toMatch(/epoch 3.*lower learning rate than 0.02/);
  expect(weightsOf(model)).toEqual(kept);
});

test('early stopping ends with the best weights when asked', async () => {
  const model = await network(5);
  const states: TrainingState[] = [];
  const result = await fit(
    model,
    data(),
    options({
      epochs: 30,
      monitor: 'valLoss',
      keep: 'best',
      optimizer: { name: 'adam', learningRate: 0.3 },
      callbacks: [earlyStopping({ patience: 2 })],
      checkpoint: (name, state) => void (name === 'best' && states.push(state)),
    }),
  );
  expect(result.history.length).toBeLessThan(30);
  expect(result.stopped).toMatch(/valLoss has not improved for 2 epochs/);
  const lowest = Math.min(...result.history.map((r) => r.valLoss!));
  expect(result.best!.valLoss).toBe(lowest);
  expect(weightsOf(model)).toEqual(states.at(-1)!.weights.map((w) => Array.from(w.data)));
});

test('a run that had stopped early stays stopped when it is resumed, and has its CSV', async () => {
  let csv = '';
  const states: TrainingState[] = [];
  const stopping = (more: Partial<FitOptions> = {}) =>
    options({
      epochs: 30,
      optimizer: { name: 'adam', learningRate: 0.3 },
      callbacks: [
        earlyStopping({ patience: 2 }),
        csvHistory((text) => {
          csv = text;
        }),
      ],
      ...more,
    });
  const keep: FitOptions['checkpoint'] = (name, state) => {
    if (name === 'last') states.push(state);
  };
  const model = await network(5);
  const { history, stopped } = await fit(model, data(), stopping({ checkpoint: keep }));
  const lines = csv.trim().split('\n');
  expect(lines[0]).toBe('epoch,loss,accuracy,valLoss,valAccuracy,learningRate,seconds');
  expect(lines.slice(1).map((line) => Number(line.split(',')[3]))).toEqual(history.map((r) => r.valLoss));

  const resumed = await fit(await network(5), data(), stopping({ resume: { last: states.at(-1)! } }));
  expect(resumed).toMatchObject({ stopped, history });
  const whole = csv;
  await fit(await network(5), data(), stopping({ resume: { last: states.at(-2)! } }));
  const withoutSeconds = (text: string) => text.replaceAll(/,[^,]*$/gm, '');
  expect(withoutSeconds(csv)).toBe(withoutSeconds(whole));
});

import { arraySource, type BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { type Engine, selectEngine } from '@sightline/tfjs-onnxruntime';
import { beforeAll, expect, test } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { seedNetwork } from '../networks/seed.ts';
import { type LayerRow, sequential } from '../networks/table.ts';
import { stripes } from '../testing/stripes.ts';
import { type Callback, csvHistory, earlyStopping, reduceOnPlateau } from './callback.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';
import { readWeights, type TrainingState } from './state.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

const rows: LayerRow[] = [
  { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu', l2: 0.001 },
  { layer: 'norm' },
  { layer: 'averagePool' },
  { layer: 'dropout', rate: 0.3 },
  { layer: 'dense', units: 8 },
];
const network = (seed: number, classes = 2) =>
  seedNetwork(sequential('small', rows, [6, 6, 3], classes), seed);

function data(classes = 2, batchSize = 8) {
  const order = { batchSize, seed: 5 };
  return {
    train: arraySource(stripes(36, 6, classes), { ...order, shuffle: true }),
    validation: arraySource(stripes(18, 6, classes, 99), { ...order, shuffle: false }),
  };
}
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 3,
  engine,
  optimizer: { name: 'adam', learningRate: 0.02 },
  ...more,
});
const weightsOf = (model: tfl.LayersModel) => readWeights(model).map((w) => Array.from(w.data));
const figures = (history: readonly { seconds: number }[]) => history.map(({ seconds: _, ...rest }) => rest);

test('a network learns, and the last validation figures are those of evaluate', async () => {
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
    return { weights: weightsOf(model), history: figures(history) };
  };
  const first = await train(7);
  expect(await train(7)).toEqual(first);
  expect((await train(8)).weights).not.toEqual(first.weights);
});

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
    expect(figures(again.history)).toEqual(figures(result.history));
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
  for (let stopAt = 1; stopAt <= 3 * 8; stopAt++) {
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
    expect(figures(again.history)).toEqual(figures(result.history));
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
  expect(figures(again.history)).toEqual(figures(once.history));
  expect(weightsOf(resumed)).toEqual(weightsOf(whole));
});

test('training figures are means over rows, taken before each update', async () => {
  const rate = options({ epochs: 1, optimizer: { name: 'sgd', learningRate: 0 } });
  const model = await seedNetwork(sequential('plain', [{ layer: 'flatten' }], [6, 6, 3], 2), 4);
  const sources = data(2, 16);
  const { history } = await fit(model, sources, rate);
  const same = await evaluate(model, sources.train, { engine });
  // Batches of 16, 16 and 4: an unweighted mean of the three would differ in the third digit.
  expect(history[0]!.loss).toBeCloseTo(same.loss, 6);
  expect(history[0]!.accuracy).toBe(same.accuracy);
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
      restoreBest: true,
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
    draw(step: number, rows: number): void;
    apply(x: tf.Tensor, kwargs: { training: boolean }): tf.Tensor;
  };
  const mask = (step: number) => {
    dropout.draw(step, 8);
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
  const large = await seedNetwork(sequential('large', rows, [8, 8, 3], 2), 1);
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

/** A network of one dense layer at zero, so that its probabilities, and by them all losses, are known by hand. */
function zero(units: number): tfl.LayersModel {
  const activation = units === 1 ? 'sigmoid' : 'softmax';
  return tfl.sequential({
    layers: [tfl.layers.dense({ units, activation, kernelInitializer: 'zeros', inputShape: [2] })],
  });
}

/** Two rows as one batch with the given targets, and a validation set of the same rows. */
function mixed(targets: Float32Array, classes: number) {
  const names = Array.from({ length: classes }, (_, k) => `class${k}`);
  const rows = {
    data: Float32Array.of(1, 0, 0, 1),
    shape: [2, 2],
    labels: Int32Array.of(0, 1),
    classes: names,
  };
  const validation = arraySource(rows, { batchSize: 2, seed: 1, shuffle: false });
  const train = {
    ...validation,
    async *batches(epoch: number) {
      for await (const batch of validation.batches(epoch)) yield { ...batch, targets };
    },
  };
  return { train, validation };
}

test.each([1, 2])('mixed rows are trained for their targets: two classes by %i unit(s)', async (units) => {
  const model = zero(units);
  // Of the second class the rows are 0.7 and 0.1. At probabilities of a half, every target costs ln 2.
  const sources = mixed(Float32Array.of(0.3, 0.7, 0.9, 0.1), 2);
  const { history } = await fit(
    model,
    sources,
    options({ epochs: 1, optimizer: { name: 'sgd', learningRate: 1 } }),
  );
  expect(history[0]!.loss).toBeCloseTo(Math.LN2, 6);
  // Row 1 is mostly class 1 and is called class 0 (as ties are), row 2 is mostly class 0.
  expect(history[0]!.accuracy).toBe(0.5);
  // The gradient of a logit is p - t, a row's input is one-hot, the mean halves it: w = -(0.5 - t) / 2.
  const kernel = Array.from(model.weights[0]!.read().dataSync());
  const expected = units === 1 ? [0.1, -0.2] : [-0.1, 0.1, 0.2, -0.2];
  kernel.forEach((w, i) => {
    expect(w).toBeCloseTo(expected[i]!, 6);
  });
});

test('the loss of mixed rows of three classes is their cross-entropy, worked out by hand', async () => {
  const model = zero(3);
  const bias = Math.log(2);
  // Logits 0, ln 2, 0: probabilities 1/4, 1/2, 1/4.
  model.setWeights([model.getWeights()[0]!, tf.tensor1d([0, bias, 0])]);
  const sources = mixed(Float32Array.of(0.6, 0.4, 0, 0, 0.25, 0.75), 3);
  const { history } = await fit(model, sources, options({ epochs: 1, classWeights: [1, 1, 3] }));
  const first = 0.6 * Math.log(4) + 0.4 * Math.log(2);
  const second = 0.25 * Math.log(2) + 0.75 * Math.log(4);
  // Class weights count in the shares: 1 for the first row, 0.25 + 3 * 0.75 for the second.
  expect(history[0]!.loss).toBeCloseTo((first + 2.5 * second) / 2, 6);
});

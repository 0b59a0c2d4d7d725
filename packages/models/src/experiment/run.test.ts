// Runs in real folders, on the engine that users have.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arraySource } from '@sightline/data';
import { classificationMetrics, compactMetrics } from '@sightline/metrics';
import { loadCheckpoint, readNpy, readRun } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { sequential } from '../networks/table.ts';
import { loadModel } from '../save/tfjs.ts';
import { stripes } from '../testing/stripes.ts';
import { startOf } from './checkpoints.ts';
import type { ExperimentInput } from './experiment.ts';
import { type RunOptions, runExperiment } from './run.ts';

let engine: Engine;
let dir: string;
beforeAll(async () => {
  engine = await selectEngine('onnxruntime', { provider: 'cpu' });
});
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sightline-run-')), 'small');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

const small = (inputShape: readonly number[], classes: number) =>
  sequential(
    'small',
    [
      { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu', l2: 0.001 },
      { layer: 'flatten' },
      { layer: 'dropout', rate: 0.2 },
    ],
    inputShape,
    classes,
  );
const experiment: ExperimentInput = {
  network: small,
  imageSize: [6, 6],
  epochs: 5,
  batchSize: 8,
  optimizer: { name: 'adam', learningRate: 0.02 },
};
const order = { batchSize: 8, seed: 3 };
const data = {
  train: arraySource(stripes(36, 6, 2), { ...order, shuffle: true }),
  validation: arraySource(stripes(18, 6, 2, 99), { ...order, shuffle: false }),
};
const paths = Array.from({ length: 18 }, (_, i) => `validation/${i}.png`);
const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  name: 'small',
  seed: 1,
  engine,
  dir,
  paths,
  header: {
    command: 'sightline train /home/ada/images --out ../runs',
    data: {
      root: '/home/ada/images',
      hash: '0'.repeat(64),
      classes: ['class0', 'class1'],
      counts: { train: [18, 18], validation: [9, 9] },
    },
    software: { sightline: '0', node: process.versions.node },
    git: null,
  },
  ...more,
});

test('a run folder holds the whole run, and its model gives the recorded metrics', async () => {
  const result = await runExperiment(experiment, data, options({ timings: { data: 1.5 } }));
  expect(result.notes).toEqual([]);
  const { run, history, predictions } = readRun(dir);
  expect(run).toMatchObject({
    status: 'complete',
    experiment: 'small',
    seed: 1,
    engine: { name: 'onnxruntime', provider: 'cpu' },
    config: { network: 'small', epochs: 5, imageSize: [6, 6], augmentation: null },
    timings: {
      data: 1.5,
      training: expect.any(Number),
      evaluation: expect.any(Number),
      saving: expect.any(Number),
    },
  });
  expect(history).toHaveLength(5);
  expect(run.metrics!.validation.accuracy).toBe(history.at(-1)!.valAccuracy);

  const { model, metadata } = await loadModel(join(dir, 'model'));
  expect(metadata).toEqual({
    classes: ['class0', 'class1'],
    imageSize: [6, 6],
    interpolation: 'bilinear',
    fit: 'stretch',
  });
  const again = await evaluate(model, data.validation, { engine });
  expect(again.loss).toBe(run.metrics!.validation.loss);
  expect(again.accuracy).toBe(run.metrics!.validation.accuracy);

  const rows = predictions();
  expect(rows.map((row) => row.path)).toEqual(paths);
  expect(rows.filter((row) => row.label === row.predicted).length / 18).toBe(again.accuracy);
  const kernels = readNpy(join(dir, 'artifacts/kernels.npy'));
  expect(kernels.shape).toEqual([3, 3, 3, 4]);
  expect(kernels.data).toEqual(model.layers[1]!.weights[0]!.read().dataSync());
  const layers = JSON.parse(readFileSync(join(dir, 'artifacts/layers.json'), 'utf8'));
  expect(layers.total).toBe(3 * 3 * 3 * 4 + 4 + 4 * 4 * 4 + 1);
  expect(existsSync(join(dir, 'model.onnx'))).toBe(true);
  const card = readFileSync(join(dir, 'artifacts/model-card.md'), 'utf8');
  expect(card).toMatch(/^# small\n/);
  // It goes along with the model: it names the data, and no folder of the machine.
  expect(card).toContain('Images of `images` (content hash');
  expect(card).toContain('```\nsightline train images --out runs\n```');
  expect(card).not.toMatch(/home|\.\.\//);
  const { splits } = run.metrics!;
  expect(splits!.validation).toEqual(
    compactMetrics(
      classificationMetrics(again.labels, again.probabilities, again.units, data.validation.classes),
      again.loss,
    ),
  );
  const onTrain = await evaluate(model, data.train, { engine });
  expect(splits!.train).toMatchObject({ images: 36, accuracy: onTrain.accuracy, loss: onTrain.loss });
});

const bytes = () => {
  const history = readFileSync(join(dir, 'history.jsonl'), 'utf8').replaceAll(/"seconds":[^,}]+/g, '');
  const files = ['model/weights.bin', 'model.onnx', 'predictions.jsonl'].map((name) =>
    readFileSync(join(dir, name), 'hex'),
  );
  return [history, ...files];
};

test('the same seed gives the same bytes; stopped and resumed as well', async () => {
  await runExperiment(experiment, data, options());
  const whole = bytes();
  rmSync(dir, { recursive: true });
  await runExperiment(experiment, data, options());
  expect(bytes()).toEqual(whole);

  rmSync(dir, { recursive: true });
  const controller = new AbortController();
  const onStep: RunOptions['onStep'] = ({ epoch, rows }) => {
    if (epoch === 3 && rows > 8) controller.abort();
  };
  const stopped = await runExperiment(experiment, data, options({ signal: controller.signal, onStep }));
  expect(stopped.status).toBe('interrupted');
  expect(readRun(dir).run.status).toBe('interrupted');
  expect(readRun(dir).history).toHaveLength(2);
  expect(readRun(dir).run.metrics!.validation.accuracy).toBe(stopped.history[1]!.valAccuracy);
  expect(stopped.midway).toEqual({ rows: 16, size: 36 });
  expect(loadCheckpoint(dir, 'midway').epoch).toBe(2);
  const resumed = await runExperiment(experiment, data, options({ resume: true }));
  expect(resumed.history).toHaveLength(5);
  expect(bytes()).toEqual(whole);
  expect(loadCheckpoint(dir, 'last').epoch).toBe(5);
});

test.each(['evaluation', 'saving', 'artifacts', 'the end'])(
  'a run that is stopped after its last epoch, at %s, is interrupted, and is completed when it is resumed',
  async (moment) => {
    const controller = new AbortController();
    const { signal } = controller;
    const stopped = await runExperiment(experiment, data, {
      ...options({ signal, onPart: (part) => part === moment && controller.abort() }),
      artifacts() {
        if (moment === 'artifacts') controller.abort();
        signal.throwIfAborted();
        if (moment === 'the end') controller.abort();
      },
    });
    expect(stopped).toMatchObject({ status: 'interrupted', history: { length: 5 } });
    const { run } = readRun(dir);
    expect(run).toMatchObject({ status: 'interrupted', metrics: stopped.metrics });
    expect(run.error).toBeUndefined();
    // The network is there, and answers.
    expect(existsSync(join(dir, 'model/model.json'))).toBe(true);
    const interrupted = bytes();
    const resumed = await runExperiment(experiment, data, options({ resume: true }));
    expect(resumed.status).toBe('complete');
    expect(resumed.metrics!.splits!.train).not.toBeNull();
    expect(bytes()).toEqual(interrupted);
  },
);

test('a run that is stopped before its first epoch leaves an older one as it was', async () => {
  await runExperiment(experiment, data, options());
  const before = readRun(dir).run;
  const stopped = await runExperiment(experiment, data, options({ signal: AbortSignal.abort() }));
  expect(stopped).toMatchObject({ status: 'interrupted', metrics: null, history: [] });
  expect(readRun(dir).run).toEqual(before);
});

test('a run that is stopped in its first epoch goes on from there, and leaves an older one as it was till then', async () => {
  await runExperiment({ ...experiment, epochs: 1 }, data, options({ seed: 9 }));
  const older = readRun(dir);
  const inside = new AbortController();
  const onStep: RunOptions['onStep'] = ({ rows }) => rows > 16 && inside.abort();
  const stopped = await runExperiment(experiment, data, options({ signal: inside.signal, onStep }));
  expect(stopped).toMatchObject({
    status: 'interrupted',
    metrics: null,
    history: [],
    midway: { rows: 24, size: 36 },
  });
  expect(readRun(dir).run).toEqual(older.run);
  expect(readRun(dir).history).toEqual(older.history);
  expect(startOf(dir)).toMatchObject({ isUpgraded: false, seed: 1, config: { batchSize: 8, epochs: 5 } });
  await runExperiment(experiment, data, options({ resume: true }));
  const resumed = bytes();
  expect(existsSync(join(dir, 'checkpoints/midway.ckpt'))).toBe(false);
  rmSync(dir, { recursive: true });
  await runExperiment(experiment, data, options());
  expect(resumed).toEqual(bytes());
});

test('a collapsed run says so, with what to try', async () => {
  const dead: ExperimentInput = { ...experiment, epochs: 1, optimizer: { name: 'sgd', learningRate: 0.01 } };
  const biased = (inputShape: readonly number[], classes: number) => {
    const model = small(inputShape, classes);
    const last = model.layers.at(-1)!;
    const kernel = {
      ...last.getConfig(),
      name: 'sure',
      biasInitializer: { className: 'Constant', config: { value: 9 } },
    };
    const trunk = model.layers.at(-2)!.output as tfl.SymbolicTensor;
    const output = tfl.layers.dense(kernel as unknown as Parameters<typeof tfl.layers.dense>[0]).apply(trunk);
    return tfl.model({ name: 'biased', inputs: model.inputs, outputs: output as tfl.SymbolicTensor });
  };
  const { metrics } = await runExperiment({ ...dead, network: biased }, data, options());
  expect(metrics!.collapsed).toEqual({
    class: 'class1',
    share: 1,
    advice: expect.stringMatching(/another seed, or a lower learning rate such as 0\.001/),
  });
});

class Doubled extends tfl.layers.Layer {
  static className = 'Doubled';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, 2);
  }
}
tf.serialization.registerClass(Doubled);

test('a layer of one’s own trains, and is named where no ONNX model can be written', async () => {
  const own = (inputShape: readonly number[]) =>
    tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [...inputShape] }),
        new Doubled({ name: 'twice' }),
        tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
      ],
    });
  const { notes, status } = await runExperiment({ ...experiment, network: own }, data, options());
  expect(status).toBe('complete');
  expect(notes).toEqual([expect.stringMatching(/No model\.onnx was written: The layer twice is a Doubled/)]);
  expect(existsSync(join(dir, 'model.onnx'))).toBe(false);
});

test('a run that diverges is failed, with its whole epochs', async () => {
  const poisoned = {
    ...data.train,
    async *batches(epoch: number) {
      for await (const batch of data.train.batches(epoch)) {
        if (epoch === 3) batch.x.fill(Number.NaN);
        yield batch;
      }
    },
  };
  const run = runExperiment(experiment, { ...data, train: poisoned }, options());
  await expect(run).rejects.toThrow(/became NaN in epoch 3/);
  expect(readRun(dir).run).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/lower learning rate/),
  });
  expect(readRun(dir).history).toHaveLength(2);
});

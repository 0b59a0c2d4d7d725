// The library without its command: trained, opened and used from TypeScript, with not one word printed.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  checkDataset,
  compare,
  findLearningRate,
  openModel,
  preview,
  SightlineError,
  type SightlineEvent,
  type TrainedRun,
  train,
} from '../src/index.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const photos = writePhotographs();
const folder = temporaryFolder('library');
const config = {
  experiments: {
    plain: {
      network: 'baseline',
      epochs: 6,
      batchSize: 16,
      optimizer: { name: 'adam', learningRate: 0.001 },
    },
  },
} as const;

const printed: string[] = [];
const events: SightlineEvent[] = [];
let run: TrainedRun;
beforeAll(async () => {
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const runs = await train(config, {
    data: photos,
    out: join(folder, 'runs'),
    engine: 'onnxruntime',
    onEvent: (event) => events.push(event),
  });
  expect(runs).toHaveLength(1);
  run = runs[0] as TrainedRun;
});
afterAll(() => {
  vi.restoreAllMocks();
  expect(printed.join('')).toBe('');
});

test('train reports by events and returns the run', () => {
  expect(run).toMatchObject({
    name: 'plain',
    status: 'complete',
    epochs: 6,
    dir: join(folder, 'runs/plain'),
  });
  const kinds = events.map(({ event }) => event);
  expect(kinds.filter((kind) => ['begin', 'start', 'run'].includes(kind))).toEqual(['begin', 'start', 'run']);
  expect(kinds.at(-1)).toBe('run');
  expect(kinds.filter((kind) => kind === 'epoch')).toHaveLength(6);
  // 48 images in batches of 16.
  expect(kinds.filter((kind) => kind === 'step')).toHaveLength(18);
  expect(events.find(({ event }) => event === 'start')).toMatchObject({
    run: 'plain',
    images: { train: 48, validation: 16 },
    seed: 1,
  });
});

test('a run folder in which another process trains is refused with its number', async () => {
  const lock = join(folder, 'runs/.plain.lock');
  expect(existsSync(lock)).toBe(false);
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname() }));
  try {
    const training = train(config, { data: photos, out: join(folder, 'runs'), engine: 'cpu' });
    await expect(training).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining(`is in use by process ${process.ppid}`),
    });
  } finally {
    rmSync(lock);
  }
});

test('a model predicts paths, folders and bytes, and names what it cannot read', async () => {
  const model = await openModel(run.dir);
  expect(model).toMatchObject({
    classes: ['bright', 'dark'],
    imageSize: [64, 64],
    run: { experiment: 'plain' },
  });
  const file = join(photos, 'train/bright/0.png');
  const text = join(folder, 'text.png');
  writeFileSync(text, 'not an image');
  const inputs = [
    join(photos, 'validation/dark'),
    file,
    readFileSync(file),
    { path: 'mine', bytes: readFileSync(file) },
    text,
  ];
  const { predictions, failures } = await model.predict(inputs, { batchSize: 4 });
  expect(predictions.map(({ predicted }) => predicted)).toEqual([
    ...Array(8).fill('dark'),
    ...Array(3).fill('bright'),
  ]);
  expect(predictions.slice(-3).map(({ path }) => path)).toEqual([file, '', 'mine']);
  const [byPath, byBytes] = predictions.slice(-3);
  expect(byBytes?.probabilities).toEqual(byPath?.probabilities);
  expect(failures).toEqual([{ path: text, reason: expect.any(String) }]);
  await model.release();
});

test('a model evaluates, and exports what evaluates the same', async () => {
  const model = await openModel(run.dir);
  const evaluation = await model.evaluate();
  expect(evaluation).toMatchObject({
    data: photos,
    split: 'validation',
    images: 16,
    accuracy: 1,
    collapsed: null,
  });
  expect(evaluation.metrics.classes.map((row) => row.support)).toEqual([8, 8]);
  const path = join(folder, 'model.onnx');
  expect(await model.export('onnx', path)).toMatchObject({ path, checked: { images: 16 } });
  await model.release();
  const exported = await openModel(path);
  expect(await exported.evaluate(photos)).toMatchObject({ images: 16, accuracy: 1 });
  await exported.release();
});

test('images of some classes are evaluated, and a class that the model does not know is named', async () => {
  const model = await openModel(run.dir);
  const data = join(folder, 'some classes');
  cpSync(photos, data, { recursive: true });
  const some = readdirSync(data, { withFileTypes: true, recursive: true }).filter(
    (entry) => entry.isDirectory() && entry.name === 'dark',
  );
  expect(some.length).toBeGreaterThan(0);
  for (const { parentPath, name } of some) rmSync(join(parentPath, name), { recursive: true });
  const evaluation = await model.evaluate(data);
  const supports = evaluation.metrics.classes.map(({ support }, i) => [evaluation.classes[i], support]);
  expect(Object.fromEntries(supports)).toEqual({ dark: 0, bright: evaluation.images });
  const { parentPath } = some[0]!;
  cpSync(join(parentPath, 'bright'), join(parentPath, 'no such class'), { recursive: true });
  await expect(model.evaluate(data)).rejects.toThrow(
    /"no such class".* trained on "bright" and "dark"\. .*--ignore-class 'no such class'\.$/,
  );
  const { images } = await model.evaluate(data, { ignoreClass: ['no such class'] });
  expect(images).toBe(evaluation.images);
  await model.release();
});

test.each(['fp16', 'int8'] as const)('a model exports in %s what predicts as well', async (precision) => {
  const model = await openModel(run.dir);
  const path = join(folder, `${precision}.onnx`);
  const { bytes, checked, ...exported } = await model.export('onnx', path, { precision });
  expect(exported).toEqual({ format: 'onnx', path, precision });
  expect(bytes).toBe(statSync(path).size);
  expect(checked).toMatchObject({ images: 16, accuracy: { network: 1, file: 1 } });
  await expect(model.export('keras', path, { precision })).rejects.toMatchObject({ code: 'option' });
  await model.release();
  const file = await openModel(path);
  expect(await file.evaluate(photos)).toMatchObject({ images: 16, accuracy: 1 });
  await file.release();
});

test('a data set is checked, shown, and searched for a learning rate', async () => {
  expect(await checkDataset(photos)).toMatchObject({ classes: ['bright', 'dark'] });
  const out = join(folder, 'preview.png');
  expect(await preview(photos, { out, count: 4 })).toMatchObject({ images: 4, file: out });
  expect(existsSync(out)).toBe(true);
  const finding = await findLearningRate(config, { data: photos, steps: 20 });
  expect(finding).toMatchObject({ experiment: 'plain', configured: 0.001 });
  expect(finding.suggestion).toBeGreaterThan(0);
});

test('runs are compared', async () => {
  const [other] = await train(config, {
    data: photos,
    out: join(folder, 'others'),
    seed: 2,
    epochs: 2,
    engine: 'onnxruntime',
  });
  const { differences, pairs } = await compare([run.dir, other?.dir ?? '']);
  expect(differences.map(({ field }) => field)).toEqual(['seed', 'config.epochs']);
  expect(pairs).toHaveLength(1);
});

test('a signal stops a training, which keeps what it has done', async () => {
  const controller = new AbortController();
  const out = join(folder, 'stopped');
  const [stopped] = await train(config, {
    data: photos,
    out,
    epochs: 500,
    signal: controller.signal,
    onEvent: ({ event }) => event === 'epoch' && controller.abort(),
  });
  expect(stopped).toMatchObject({ status: 'interrupted' });
  const [resumed] = await train(config, { data: photos, out, epochs: 3, resume: true });
  expect(resumed).toMatchObject({ status: 'complete', epochs: 3 });
});

test('mistakes are errors with a code', async () => {
  await expect(train('/nowhere')).rejects.toBeInstanceOf(SightlineError);
  await expect(train('/nowhere')).rejects.toMatchObject({ code: 'missing' });
  await expect(train(config)).rejects.toMatchObject({ code: 'usage' });
  await expect(train(config, { data: photos, experiment: 'plan' })).rejects.toThrow(/Did you mean plain\?/);
  await expect(openModel('/nowhere')).rejects.toMatchObject({ code: 'missing' });
  await expect(compare([run.dir])).rejects.toMatchObject({ code: 'usage' });
});

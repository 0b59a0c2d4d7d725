import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJson } from '@sightline/core/files';
import { expect, test } from 'vitest';
import { saveCheckpoint } from './checkpoint.ts';
import type { HeadRecord, SuspectRecord } from './head-schema.ts';
import { readJson } from './json.ts';
import { listRuns, readRun } from './run-reader.ts';
import { openRun, type RunHeader } from './run-writer.ts';
import type { EpochRecord, Prediction, RunMetrics } from './schema.ts';

const header: RunHeader = {
  experiment: 'baseline',
  startedAt: '2026-11-24T13:05:00.000Z',
  seed: 1,
  command: 'npm run train -- --seed 1',
  engine: { name: 'onnxruntime', provider: 'cpu', device: 'a processor' },
  data: {
    root: 'data',
    hash: 'ab'.repeat(32),
    classes: ['other', 'car'],
    counts: { train: [800, 800], validation: [288, 288] },
  },
  config: {
    network: 'baseline',
    backbone: null,
    imageSize: [64, 64],
    epochs: 15,
    batchSize: 128,
    optimizer: { name: 'adam', learningRate: 0.01 },
    augmentation: null,
    l2: 0.001,
  },
  software: { sightline: '0.1.0', node: '24.0.0' },
  git: null,
};
const record = (epoch: number): EpochRecord => ({
  epoch,
  loss: 1 / epoch,
  accuracy: 0.7,
  valLoss: 0.6,
  valAccuracy: 0.65,
  learningRate: 0.01,
  seconds: 0.2,
});
const metrics: RunMetrics = {
  train: { loss: 0.5, accuracy: 0.7 },
  validation: { loss: 0.6, accuracy: 0.65 },
  best: { epoch: 2, loss: 0.6, accuracy: 0.66 },
  kept: { epoch: 2 },
  collapsed: null,
};
const prediction: Prediction = { path: 'validation/car/1.png', label: 'car', score: 0.8, predicted: 'car' };
const folder = () => join(mkdtempSync(join(tmpdir(), 'sightline-run-')), 'baseline');

function completeRun(dir: string) {
  const writer = openRun(dir, header);
  writer.epoch(record(1));
  writer.epoch(record(2));
  writer.writePredictions([prediction]);
  writer.writeArtifact('kernels.npy', Uint8Array.of(1, 2));
  writer.writeArtifact('layers.json', { layers: [], total: 0 });
  writer.finish({ status: 'complete', metrics, timings: { training: 3.5 } });
}

test('a complete run is read as it was written', () => {
  const dir = folder();
  completeRun(dir);
  const { run, history, predictions, name } = readRun(dir);
  expect(run).toMatchObject({
    ...header,
    schema: 2,
    status: 'complete',
    metrics,
    timings: { training: 3.5 },
  });
  expect(run.config.l2).toBe(0.001);
  expect(run.pid).toBeUndefined();
  expect(Date.parse(run.finishedAt ?? '')).toBeGreaterThan(0);
  expect(history).toEqual([record(1), record(2)]);
  expect(predictions()).toEqual([prediction]);
  expect(name).toBe('baseline');
  expect(readFileSync(join(dir, 'artifacts/kernels.npy'))).toEqual(Buffer.of(1, 2));
  expect(readdirSync(dir).sort()).toEqual(['artifacts', 'history.jsonl', 'predictions.jsonl', 'run.json']);
});

test('a run that fails before its first epoch leaves the previous run as it was', () => {
  const dir = folder();
  completeRun(dir);
  const before = readFileSync(join(dir, 'run.json'), 'utf8');
  const writer = openRun(dir, { ...header, seed: 2 });
  writer.finish({ status: 'failed', metrics: null, timings: {}, error: 'No images.' });
  expect(readFileSync(join(dir, 'run.json'), 'utf8')).toBe(before);
  expect(readRun(dir).predictions()).toEqual([prediction]);
});

test('a run that fails before its first epoch in a new folder leaves no folder', () => {
  const dir = folder();
  openRun(dir, header).finish({ status: 'interrupted', metrics: null, timings: {} });
  expect(existsSync(dir)).toBe(false);
});

test('the first epoch of a new run removes what the previous one left', async () => {
  const dir = folder();
  completeRun(dir);
  writeJson(join(dir, 'model/model.json'), {});
  await saveCheckpoint(dir, 'last', { weights: [], optimizer: [], epoch: 2, random: null, extra: null });
  writeFileSync(join(dir, 'notes.txt'), "the user's own");
  openRun(dir, { ...header, seed: 2 }).epoch(record(1));
  expect(readdirSync(dir).sort()).toEqual(['history.jsonl', 'notes.txt', 'run.json']);
  const { run, history, predictions } = readRun(dir);
  expect(run).toMatchObject({ seed: 2, status: 'running', metrics: null, pid: process.pid });
  expect(history).toEqual([record(1)]);
  expect(predictions()).toEqual([]);
});

test('a resumed run keeps what is there and adds to its history', () => {
  const dir = folder();
  completeRun(dir);
  openRun(dir, header, { resumed: readRun(dir).history }).epoch(record(3));
  expect(readRun(dir).history).toEqual([record(1), record(2), record(3)]);
  expect(existsSync(join(dir, 'artifacts/kernels.npy'))).toBe(true);
});

test('a running run whose process has gone is interrupted, with the epochs so far', () => {
  const dir = folder();
  openRun(dir, header).epoch(record(1));
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeJson(join(dir, 'run.json'), { ...(readJson(join(dir, 'run.json')) as object), pid });
  expect(readRun(dir)).toMatchObject({ run: { status: 'interrupted' }, history: [record(1)] });
});

test('a loss that is not a number is null', () => {
  const dir = folder();
  openRun(dir, header).epoch({ ...record(1), loss: Number.NaN, valLoss: Number.POSITIVE_INFINITY });
  expect(readRun(dir).history[0]).toMatchObject({ loss: null, valLoss: null });
});

test('what is not of the schema is not written', () => {
  const dir = folder();
  const writer = openRun(dir, { ...header, seed: 1.5 });
  expect(() => writer.epoch(record(1))).toThrow(/run\.json: seed: .*int/);
  expect(() => openRun(dir, header).writeArtifact('../run.json', {})).toThrow(
    /An artifact's name is a file name/,
  );
});

test('listRuns names broken runs and reads the others', () => {
  const root = join(folder(), '..');
  for (const name of ['good', 'also-good', 'damaged', 'newer', 'cut', 'other']) completeRun(join(root, name));
  writeFileSync(join(root, 'damaged/run.json'), '{"schema": 1,');
  writeJson(join(root, 'newer/run.json'), { schema: 3 });
  writeJson(join(root, 'other/run.json'), { run: 'of another program' });
  writeFileSync(join(root, 'cut/history.jsonl'), '{"epoch": 1}\n');
  mkdirSync(join(root, 'no-run'));
  const { runs, broken } = listRuns(root);
  expect(runs.map(({ name }) => name)).toEqual(['also-good', 'good']);
  expect(broken.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/cut\/history\.jsonl, line 1: loss: /),
    expect.stringMatching(/damaged\/run\.json is not JSON/),
    expect.stringMatching(/is of schema 3, and this Sightline reads schema 2\. Use a newer Sightline/),
    expect.stringMatching(/other\/run\.json is not one that Sightline wrote/),
  ]);
  expect(() => listRuns(join(root, 'nowhere'))).toThrow(/There is no folder of runs .*nowhere/);
  const file = join(root, 'other/run.json');
  expect(() => listRuns(file)).toThrow(/run\.json is a file: expected a folder of runs/);
  expect(() => readRun(file)).toThrow(
    /run\.json is a file: expected the folder of a run\. The commands predict/,
  );
  expect(() => readRun(join(root, 'no-run'))).toThrow(/There is no run in .*expected a file run\.json/);
});

test('a head and doubtful labels are read as they were written, and go with the run', () => {
  const dir = folder();
  const head: HeadRecord = {
    c: 0.01,
    scale: 1.5,
    heldOut: { images: 40, loss: 0.3, accuracy: 0.9 },
    path: [{ c: 0.01, loss: 0.1, accuracy: 1, heldOutLoss: 0.3, heldOutAccuracy: 0.9, seconds: 0.1 }],
    curve: { points: [{ images: 8, accuracy: 0.8 }], gain: null, conclusion: 'Unknown.' },
  };
  const suspect: SuspectRecord = {
    path: 'train/car/1.png',
    split: 'train',
    label: 'car',
    suggested: 'other',
    probability: 0.9,
    labelProbability: 0.1,
    confident: true,
  };
  const writer = openRun(dir, header);
  writer.epoch(record(1));
  writer.writeSuspects([suspect]);
  expect(() => writer.writeSuspects([{ ...suspect, probability: 2 }])).toThrow(
    /the suspect train\/car\/1\.png/,
  );
  writer.finish({ status: 'complete', metrics, timings: {}, head });
  expect(readRun(dir).run.head).toEqual(head);
  expect(readRun(dir).suspects()).toEqual([suspect]);
  openRun(dir, header).epoch(record(1));
  expect(readRun(dir).run.head).toBeUndefined();
  expect(readRun(dir).suspects()).toEqual([]);
});

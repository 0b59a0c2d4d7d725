import { classificationMetrics } from '@sightline/metrics';
import type { LoadedRun, Prediction, Run } from '@sightline/runs';
import { expect, test } from 'vitest';
import { compareRuns } from './compare.ts';
import { modelCard } from './model-card.ts';

const run: Run = {
  schema: 2,
  experiment: 'baseline',
  status: 'complete',
  startedAt: '2026-01-02T03:04:05.000Z',
  finishedAt: '2026-01-02T03:04:15.000Z',
  seed: 1,
  command: 'sightline train --experiment baseline --seed 1',
  engine: { name: 'onnxruntime', provider: 'cpu', device: 'a processor' },
  data: {
    root: 'photographs',
    hash: 'ab'.repeat(32),
    classes: ['other', 'car'],
    counts: { train: [10, 10], validation: [3, 3] },
  },
  config: {
    network: 'baseline',
    backbone: null,
    keep: 'last',
    imageSize: [64, 64],
    epochs: 15,
    batchSize: 128,
    optimizer: { name: 'adam', learningRate: 0.01 },
    augmentation: null,
  },
  metrics: {
    train: { loss: 0.5, accuracy: 0.8 },
    validation: { loss: 0.6, accuracy: 0.75 },
    best: { epoch: 4, loss: 0.55, accuracy: 0.8 },
    kept: { epoch: 15 },
    collapsed: null,
  },
  timings: { data: 1, training: 2 },
  software: { sightline: '0.1.0', node: '24.0.0' },
  git: null,
};
const predictions = (right: string): Prediction[] =>
  [...right].map((mark, i) => {
    const label = i % 2 ? 'car' : 'other';
    const predicted = mark === '1' ? label : i % 2 ? 'other' : 'car';
    return { path: `validation/${i}.png`, label, predicted, score: 0.5 };
  });
const loaded = (name: string, change: Partial<Run>, right: string): LoadedRun => ({
  dir: `/runs/${name}`,
  name,
  run: { ...run, ...change },
  isUpgraded: false,
  history: [],
  predictions: () => predictions(right),
  suspects: () => [],
});

test('differences, metrics, and the images that only one gets right', () => {
  const config = {
    ...run.config,
    optimizer: { name: 'adam', learningRate: 0.001 },
    schedule: { name: 'cosine' },
  };
  const comparison = compareRuns([loaded('a', {}, '110010'), loaded('b', { seed: 2, config }, '011111')]);
  expect(comparison.differences).toEqual([
    { field: 'seed', values: [1, 2] },
    { field: 'config.optimizer.learningRate', values: [0.01, 0.001] },
    { field: 'config.schedule.name', values: [undefined, 'cosine'] },
  ]);
  expect(comparison.metrics[0]).toEqual({
    name: 'a',
    status: 'complete',
    loss: 0.6,
    accuracy: 0.75,
    bestAccuracy: 0.8,
    seconds: 3,
  });
  const at = (...places: number[]) => places.map((i) => `validation/${i}.png`);
  expect(comparison.pairs).toEqual([
    // One against three: 2 (C(4, 0) + C(4, 1)) / 16.
    {
      first: 0,
      second: 1,
      images: 6,
      onlyFirst: 1,
      onlySecond: 3,
      p: 0.625,
      firstOnly: at(0),
      secondOnly: at(2, 3, 5),
    },
  ]);
});

test('runs on other images are not paired', () => {
  const other = { ...loaded('b', {}, '110011'), predictions: () => predictions('110011').slice(1) };
  expect(compareRuns([loaded('a', {}, '110011'), other]).pairs).toEqual([]);
});

test('a model card says what it is, what was measured and how to load it', async () => {
  const labels = Int32Array.of(0, 1, 0, 1, 0, 1);
  const card = modelCard(
    run,
    classificationMetrics(labels, Float32Array.of(0.1, 0.9, 0.2, 0.6, 0.7, 0.4), 1, ['other', 'car']),
  );
  await expect(card).toMatchFileSnapshot('../../test/fixtures/model-card.md');
});

test.each([
  [true, 'from 62.5 % to 70.0 %, and was kept.'],
  [false, 'from 62.5 % to 60.0 %, and was not kept: this is the network without it.'],
])('a model card says what fine-tuning brought, kept: %s', (isKept, sentence) => {
  const config = { network: 'logistic', backbone: 'vgg16', imageSize: [64, 64], augmentation: null };
  const labels = Int32Array.of(0, 1);
  const card = modelCard(
    {
      ...run,
      config: config as typeof run.config,
      fineTune: { before: 0.625, after: isKept ? 0.7 : 0.6, isKept },
    },
    classificationMetrics(labels, Float32Array.of(0.1, 0.9), 1, ['other', 'car']),
  );
  expect(card).toContain(
    `Fine-tuning the last blocks of the backbone took the accuracy on the validation images ${sentence}`,
  );
  expect(card).toContain('The validation images decided whether fine-tuning was kept');
  expect(card.includes('takes the features of vgg16 after the block that')).toBe(isKept);
});

// Run folders for the tests of the site: made up, but of the shape and size of real ones.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRun } from '@sightline/runs';
import { encodePng } from '@sightline/viz';
import { figures } from './fixture-figures.ts';
import { baselineLayers, vgg16Layers } from './fixture-layers.ts';
import { writeSheets } from './fixture-sheets.ts';
import { hash, header, histories, kernels, metrics, predictions } from './fixture-values.ts';
import { random, scene } from './scenes.ts';

/**
 * Writes runs of every kind into `root`/runs and features into `root`/features: sound ones with all artifacts, one
 * that collapsed, one interrupted after three epochs, one that failed, one of five classes, one with an odd name, one
 * whose run.json is broken.
 */
export function writeFixtureRuns(root: string): { runs: string; features: string } {
  const runs = join(root, 'runs');
  const to = (name: string) => join(runs, name);

  const history = histories(15, 0.52, 0.82, 0.78, 1);
  const baseline = openRun(to('baseline'), header('baseline', 1));
  for (const epoch of history) baseline.epoch(epoch);
  baseline.writePredictions(predictions(0.76, 2));
  baseline.writeArtifact('kernels.npy', kernels(5, 32, 3));
  baseline.writeArtifact('layers.json', baselineLayers);
  writeSheets(baseline);
  baseline.finish({
    status: 'complete',
    metrics: { ...metrics(history), figures: figures(['other', 'car'], [800, 288], 0.76) },
    timings: { data: 0.6, compile: 0.31, training: 1.9, evaluation: 0.12, total: 3.1 },
  });

  const augmented = header('augmentation', 2);
  augmented.config = {
    ...augmented.config,
    augmentation: { horizontalFlip: true, rotation: 20, fill: 'nearest' },
  };
  const flat = history.map((epoch) => ({
    ...epoch,
    accuracy: 0.5,
    valAccuracy: 0.5,
    loss: 0.6932,
    valLoss: Math.LN2,
  }));
  const augmentation = openRun(to('augmentation'), augmented);
  for (const epoch of flat) augmentation.epoch(epoch);
  augmentation.writePredictions(
    predictions(0.5, 4).map((row) => ({ ...row, score: 0.5004, predicted: 'car' })),
  );
  augmentation.writeArtifact('kernels.npy', kernels(5, 32, 5));
  augmentation.writeArtifact('layers.json', baselineLayers);
  augmentation.finish({
    status: 'complete',
    metrics: {
      ...metrics(flat),
      collapsed: {
        class: 'car',
        share: 1,
        advice: 'Try another seed (--seed 2) or a learning rate of 0.001.',
      },
    },
    timings: { data: 0.6, compile: 0.3, training: 4.2, total: 5.2 },
  });

  writeVgg16(to('vgg16-backend'));
  writeInterrupted(to('augmentation-long'));
  writeFiveClasses(to('five-classes'));
  writeOddName(to('Räder & <b>“Reifen” #1'));
  mkdirSync(to('broken'), { recursive: true });
  writeFileSync(join(to('broken'), 'run.json'), '{ "schema": 1, "experiment": ');
  return { runs, features: writeFeatures(root) };
}

function writeVgg16(dir: string): void {
  const change = header('vgg16-backend', 3);
  change.config = {
    ...change.config,
    network: 'dense-backend',
    input: 'vgg16-features',
    epochs: 10,
    batchSize: 32,
  };
  const history = histories(10, 0.8, 0.985, 0.9, 6);
  const run = openRun(dir, change);
  for (const epoch of history) run.epoch(epoch);
  run.writePredictions(predictions(0.93, 7));
  run.writeArtifact('vgg16-kernels.npy', kernels(3, 64, 8));
  run.writeArtifact('vgg16-layers.json', vgg16Layers());
  run.writeArtifact('top5.png', encodePng({ data: scene(42, true), width: 64, height: 64, channels: 3 }));
  run.writeArtifact('top5.json', {
    path: 'validation/car/412.png',
    image: 'top5.png',
    label: 'car',
    weights: 'embedded, 200 classes of Tiny ImageNet',
    classes: [
      { name: 'sports car', probability: 0.6132, wnid: 'n04285008' },
      { name: 'convertible', probability: 0.2417, wnid: 'n03100240' },
      { name: 'beach wagon', probability: 0.0731, wnid: 'n02814533' },
      { name: 'limousine', probability: 0.0288, wnid: 'n03670208' },
      { name: 'moving van', probability: 0.0102, wnid: 'n03796401' },
    ],
  });
  run.finish({
    status: 'complete',
    metrics: { ...metrics(history), figures: figures(['other', 'car'], [800, 288], 0.93) },
    timings: { features: 8.2, training: 0.9, total: 9.4 },
  });
}

function writeInterrupted(dir: string): void {
  const run = openRun(dir, header('augmentation-long', 4));
  for (const epoch of histories(3, 0.52, 0.8, 0.78, 9)) run.epoch(epoch);
  run.finish({ status: 'interrupted', metrics: null, timings: { training: 0.4 } });
}

function writeFiveClasses(dir: string): void {
  const classes = ['bird', 'boat', 'car', 'house', 'tree'];
  const change = header('five-classes', 5);
  change.data = {
    root: '../photographs',
    hash: hash('b'),
    classes,
    counts: { train: [410, 388, 800, 127, 365], validation: [100, 90, 210, 36, 88] },
  };
  const history = histories(15, 0.3, 0.74, 1.6, 10);
  const next = random(11);
  const run = openRun(dir, change);
  for (const epoch of history) run.epoch(epoch);
  run.writePredictions(
    Array.from({ length: 524 }, (_, i) => {
      const label = classes[i % 5]!;
      const predicted = next() < 0.7 ? label : classes[Math.floor(next() * 5)]!;
      return { path: `${label}/${i}.jpg`, label, predicted, score: 0.4 + next() * 0.6 };
    }),
  );
  run.finish({
    status: 'complete',
    metrics: { ...metrics(history), figures: figures(classes, [400, 105], 0.7) },
    timings: {},
  });
}

/** A run without artifacts, and with a name that no address may hold. */
function writeOddName(dir: string): void {
  const run = openRun(dir, header('Räder', 6));
  for (const epoch of histories(15, 0.5, 0.77, 0.8, 12))
    run.epoch({ ...epoch, loss: epoch.epoch > 12 ? null : epoch.loss });
  run.finish({
    status: 'failed',
    metrics: null,
    timings: {},
    error: 'The loss became infinite in epoch 13.',
  });
}

function writeFeatures(root: string): string {
  const dir = join(root, 'features');
  mkdirSync(dir, { recursive: true });
  for (const [split, count] of [
    ['train', 1600],
    ['validation', 576],
  ] as const) {
    const rows = Array.from({ length: count }, (_, i) => ({ path: `${split}/${i}.png`, label: i % 2 }));
    const about = {
      dataHash: hash('3'),
      weights: 'embedded',
      provider: 'cpu',
      classes: ['other', 'car'],
      seconds: 5.5,
    };
    writeFileSync(join(dir, `${split}.json`), JSON.stringify({ ...about, rows }));
  }
  return dir;
}

// Run folders for the tests of the site: made up, but of the shape and size of real ones.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EpochRecord,
  encodeNpy,
  openRun,
  type Prediction,
  type RunEnd,
  type RunHeader,
  type RunWriter,
} from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz';
import { figures } from './fixture-figures.ts';
import { random, scene, sceneSize, turned } from './scenes.ts';

const hash = (letter: string) => letter.repeat(64);

function header(experiment: string, minute: number, change: Partial<RunHeader> = {}): RunHeader {
  return {
    experiment,
    startedAt: `2026-11-24T10:${String(minute).padStart(2, '0')}:07.000Z`,
    seed: 1,
    command: `sightline train sightline.config.ts --experiment '${experiment}' --seed 1`,
    engine: {
      name: 'onnxruntime',
      provider: 'cpu',
      device: 'AMD EPYC 7763 64-Core Processor',
      note: 'auto: no CUDA device was found',
    },
    data: {
      root: 'data/car-or-other',
      hash: hash('3'),
      classes: ['other', 'car'],
      counts: { train: [800, 800], validation: [288, 288] },
    },
    config: {
      network: 'baseline',
      imageSize: [64, 64],
      epochs: 15,
      batchSize: 128,
      optimizer: { name: 'adam', learningRate: 0.01 },
      augmentation: null,
      loss: 'binary cross-entropy',
      l2: 0.001,
    },
    software: { sightline: '0.1.0', node: '24.19.0', onnxruntime: '1.30.0', tfjs: '4.22.0' },
    git: { commit: '4f0c9a1be27d6630c2ae55f1d0b8f3a97c64e210', dirty: false },
    ...change,
  };
}

/** A training that comes nearer to `to` from epoch to epoch, with some noise. */
function histories(epochs: number, from: number, to: number, loss: number, seed: number): EpochRecord[] {
  const next = random(seed);
  return Array.from({ length: epochs }, (_, i) => {
    const progress = 1 - 0.72 ** (i + 1);
    const accuracy = from + (to - from) * progress + (next() - 0.5) * 0.02;
    const valAccuracy = from + (to * 0.94 - from) * progress + (next() - 0.5) * 0.04;
    return {
      epoch: i + 1,
      loss: loss * (1 - 0.5 * progress) + (next() - 0.5) * 0.02,
      accuracy,
      valLoss: loss * (1 - 0.38 * progress) + (next() - 0.5) * 0.05,
      valAccuracy: Math.round(valAccuracy * 576) / 576,
      learningRate: 0.01,
      seconds: 0.11 + next() * 0.02,
    };
  });
}

function metrics(history: readonly EpochRecord[]): NonNullable<RunEnd['metrics']> {
  const last = history.at(-1)!;
  const best = history.reduce((a, b) => (b.valAccuracy > a.valAccuracy ? b : a));
  return {
    train: { loss: last.loss, accuracy: last.accuracy },
    validation: { loss: last.valLoss, accuracy: last.valAccuracy },
    best: { epoch: best.epoch, loss: best.valLoss, accuracy: best.valAccuracy },
    collapsed: null,
  };
}

function predictions(accuracy: number, seed: number): Prediction[] {
  const next = random(seed);
  return Array.from({ length: 576 }, (_, i) => {
    const label = i < 288 ? 'other' : 'car';
    const isRight = next() < accuracy;
    const sure = 0.5 + 0.5 * next() ** (isRight ? 0.4 : 1.6);
    const score = (label === 'car') === isRight ? sure : 1 - sure;
    return { path: `validation/${label}/${i}.png`, label, score, predicted: score >= 0.5 ? 'car' : 'other' };
  });
}

/** Oriented, coloured waves, as a trained first layer has them: [size, size, 3, count]. */
function kernels(size: number, count: number, seed: number) {
  const next = random(seed);
  const data = new Float32Array(size * size * 3 * count);
  for (let n = 0; n < count; n++) {
    const angle = next() * Math.PI;
    const [frequency, phase, spread] = [0.4 + next() * 1.5, next() * 6.3, next() * 1.6];
    for (let i = 0; i < size * size; i++) {
      const along = (i % size) * Math.cos(angle) + Math.trunc(i / size) * Math.sin(angle);
      for (let c = 0; c < 3; c++) {
        data[(i * 3 + c) * count + n] =
          0.3 * Math.sin(along * frequency + phase + c * spread) + (next() - 0.5) * 0.1;
      }
    }
  }
  return encodeNpy({ data, shape: [size, size, 3, count] });
}

function writeSheets(run: RunWriter): void {
  const labels = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 'car' : 'other'));
  const images = labels.map((label, i) => scene(i + 11, label === 'car'));
  const paths = labels.map((label, i) => `train/${label}/${i}.png`);
  const write = (name: string, pictures: Uint8Array[], items: object[]) => {
    const shape = [pictures.length, sceneSize, sceneSize, 3] as const;
    const sheet = imageSheet(Buffer.concat(pictures), shape);
    run.writeArtifact(`${name}.png`, encodePng(sheet));
    run.writeArtifact(`${name}.json`, { tile: sheet.tile, columns: sheet.columns, items });
  };
  write(
    'samples',
    images,
    labels.map((label, i) => ({ path: paths[i], label })),
  );
  // The image as it is, then augmented; what was drawn is named where it is not neutral.
  const drawn = labels.map((_, i) => ({ rotation: ((i * 37) % 40) - 20 + 0.4, flips: i % 3 === 0 }));
  write(
    'augmented',
    images.flatMap((image, i) => [image, turned(image, drawn[i]!.rotation, drawn[i]!.flips)]),
    labels.flatMap((label, i) => {
      const { rotation, flips } = drawn[i]!;
      const parameters = { rotation, ...(flips ? { horizontalFlip: true } : {}) };
      return [{}, parameters].map((each) => ({ path: paths[i], label, parameters: each }));
    }),
  );
  const wrong = Array.from({ length: 11 }, (_, i) => (i % 3 === 0 ? 'car' : 'other'));
  write(
    'mistakes',
    wrong.map((label, i) => scene(i + 131, label === 'car')),
    wrong.map((label, i) => ({
      path: `validation/${label}/${i}.png`,
      label,
      predicted: label === 'car' ? 'other' : 'car',
      score: label === 'car' ? 0.04 + i * 0.03 : 0.97 - i * 0.03,
    })),
  );
}

const baselineLayers = {
  layers: [
    { name: 'conv1', type: 'Conv2D', outputShape: [null, 20, 20, 32], parameters: 2432 },
    { name: 'pool1', type: 'MaxPooling2D', outputShape: [null, 10, 10, 32], parameters: 0 },
    { name: 'conv2', type: 'Conv2D', outputShape: [null, 4, 4, 64], parameters: 18496 },
    { name: 'pool2', type: 'MaxPooling2D', outputShape: [null, 2, 2, 64], parameters: 0 },
    { name: 'flatten', type: 'Flatten', outputShape: [null, 256], parameters: 0 },
    { name: 'dense1', type: 'Dense', outputShape: [null, 128], parameters: 32896 },
    { name: 'dense2', type: 'Dense', outputShape: [null, 1], parameters: 129 },
  ],
  total: 53953,
};

/** VGG16's table by its rule: five blocks of 3 x 3 convolutions and pooling, then three dense layers. */
function vgg16Layers() {
  const layers: object[] = [
    { name: 'input', type: 'Input', outputShape: [null, 224, 224, 3], parameters: 0 },
  ];
  let [size, channels, total] = [224, 3, 0];
  const add = (name: string, type: string, outputShape: (number | null)[], parameters: number) => {
    layers.push({ name, type, outputShape, parameters });
    total += parameters;
  };
  for (const [block, [count, filters]] of [
    [2, 64],
    [2, 128],
    [3, 256],
    [3, 512],
    [3, 512],
  ].entries()) {
    for (let i = 1; i <= count!; i++) {
      add(
        `block${block + 1}_conv${i}`,
        'Conv',
        [null, size, size, filters!],
        9 * channels * filters! + filters!,
      );
      channels = filters!;
    }
    size /= 2;
    add(`block${block + 1}_pool`, 'MaxPool', [null, size, size, filters!], 0);
  }
  add('flatten', 'Flatten', [null, 25088], 0);
  add('fc1', 'Dense', [null, 4096], 25088 * 4096 + 4096);
  add('fc2', 'Dense', [null, 4096], 4096 * 4096 + 4096);
  add('predictions', 'Dense', [null, 1000], 4096 * 1000 + 1000);
  return { layers, total };
}

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

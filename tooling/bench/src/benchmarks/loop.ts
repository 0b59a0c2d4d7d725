// What the training loop costs: epochs of `fit` with everything switched on, beside a bare loop that does the same
// steps on the same batches and evaluates the same validation images, and nothing more. No peer but ourselves.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arraySource, type BatchSource, type ImageSet, imageSource } from '@sightline/data';
import {
  buildNetwork,
  csvHistory,
  type Engine,
  earlyStopping,
  fit,
  type NetworkName,
  openCheckpoints,
  reduceOnPlateau,
  selectEngine,
  timeLimit,
} from '@sightline/models';
import { openRun, type RunHeader, writeFileAtomicBeside } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { openOutput } from 'sightline/cli';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { type Comparison, compare } from '../comparison.ts';
import { binaryStep, runStep } from '../step.ts';

const TARGET = 0.95;
/** Noise can't be learned, and a network that diverges would be timed on NaN. */
const LEARNING_RATE = 1e-4;
const CLASSES = ['other', 'car'];

interface Case {
  readonly network: NetworkName;
  readonly batchSize: number;
  /** Steps of an epoch, which is a round. */
  readonly steps: number;
  readonly source: (rows: number, batchSize: number) => BatchSource;
}

const cases: Record<string, Case> = {
  baseline: { network: 'baseline', batchSize: 128, steps: 50, source: images },
  depthwise: { network: 'depthwise', batchSize: 32, steps: 20, source: images },
  'dense-backend': { network: 'dense-backend', batchSize: 32, steps: 250, source: features },
};

export const loop: Benchmark = {
  title: 'images/s of `fit` with everything switched on, beside a bare loop of compiled steps',
  async run({ rounds = 9 }) {
    const engine = await selectEngine('onnxruntime');
    const comparisons: Comparison[] = [];
    for (const [what, each] of Object.entries(cases)) {
      const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-loop-'));
      try {
        const work = { unit: 'images/s', amount: each.steps * each.batchSize, rounds, warmUp: 2 } as const;
        const full = await fitTimer(each, engine, folder);
        const bare = await bareTimer(each, engine);
        const ours = { name: 'fit', time: full.time };
        comparisons.push(
          await compare(ours, { name: 'bare loop', time: bare }, { what, target: TARGET, ...work }),
        );
        full.stop();
        await full.ended;
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    return {
      table: comparisonTable(comparisons),
      measurements: comparisons,
      software: {},
      notes: [
        'A round is an epoch: its steps, its validation and what follows it. Both loops draw from batches of the same kind.',
        'fit has class weights, label smoothing, a schedule, four callbacks, progress, the history as JSON Lines and CSV, and both checkpoints.',
      ],
    };
  },
};

/** Noise as images in memory, drawn by workers, as experiments have them. */
function images(rows: number, batchSize: number): BatchSource {
  const data = new Uint8Array(new SharedArrayBuffer(rows * 64 * 64 * 3));
  for (let i = 0; i < data.length; i++) data[i] = Math.random() * 256;
  const set: ImageSet = {
    data,
    shape: [rows, 64, 64, 3],
    labels: Int32Array.from({ length: rows }, (_, i) => i % 2),
    paths: Array.from({ length: rows }, (_, i) => `${i}.png`),
    classes: CLASSES,
  };
  return imageSource(set, { batchSize, seed: 1, shuffle: true });
}

/** Noise of the shape of VGG16's features. */
function features(rows: number, batchSize: number): BatchSource {
  const data = Float32Array.from({ length: rows * 2 * 2 * 512 }, Math.random);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
  return arraySource(
    { data, shape: [rows, 2, 2, 512], labels, classes: CLASSES },
    { batchSize, seed: 1, shuffle: true },
  );
}

function sources({ source, steps, batchSize }: Case) {
  return { train: source(steps * batchSize, batchSize), validation: source(4 * batchSize, batchSize) };
}

const header: RunHeader = {
  experiment: 'loop',
  startedAt: '2026-01-01T00:00:00.000Z',
  seed: 1,
  command: 'npm run bench -- loop',
  engine: { name: 'onnxruntime', provider: 'cpu', device: '' },
  data: { root: '.', hash: '0'.repeat(64), classes: CLASSES, counts: { train: [1, 1], validation: [1, 1] } },
  config: {
    network: 'loop',
    backbone: null,
    imageSize: [64, 64],
    epochs: 1,
    batchSize: 1,
    optimizer: { name: 'adam', learningRate: LEARNING_RATE },
    augmentation: null,
  },
  software: { sightline: '0', node: process.versions.node },
  git: null,
};

/** `fit`, one epoch at a time: its source waits before an epoch until it is asked for. */
async function fitTimer(each: Case, engine: Engine, folder: string) {
  const { train, validation } = sources(each);
  const model = await buildNetwork(each.network, train.rowShape, CLASSES.length, 1);
  let request = Promise.withResolvers<(seconds: number) => void>();
  let [began, done] = [0, (_: number) => {}];
  async function* paced(epoch: number) {
    done((performance.now() - began) / 1000);
    done = await request.promise;
    request = Promise.withResolvers();
    began = performance.now();
    yield* train.batches(epoch);
  }
  const controller = new AbortController();
  const run = openRun(join(folder, 'run'), header);
  const output = openOutput({ isJson: false });
  const far = 1_000_000;
  const ended = fit(
    model,
    { train: { ...train, batches: paced }, validation },
    {
      epochs: far,
      engine,
      optimizer: { name: 'adam', learningRate: LEARNING_RATE },
      schedule: { name: 'cosine', warmupEpochs: 1 },
      classWeights: 'balanced',
      labelSmoothing: 0.1,
      callbacks: [
        earlyStopping({ patience: far }),
        reduceOnPlateau({ patience: far }),
        timeLimit(far),
        csvHistory((text) => writeFileAtomicBeside(join(folder, 'history.csv'), text)),
      ],
      onStep: ({ rows, size, loss, accuracy }) =>
        output.progress({
          what: 'fit',
          done: rows,
          total: size,
          notes: () => [`loss ${loss.toFixed(3)}`, `accuracy ${accuracy.toFixed(3)}`],
        }),
      onEpoch: (record) => run.epoch(record),
      checkpoint: openCheckpoints(join(folder, 'run')).write,
      signal: controller.signal,
    },
  );
  return {
    time: () => new Promise<number>((resolve) => request.resolve(resolve)),
    ended,
    stop: () => {
      controller.abort();
      request.resolve(() => {});
    },
  };
}

/** Compiled steps in a loop, each batch's loss read, then the validation images' losses and probabilities. */
async function bareTimer(each: Case, engine: Engine): Promise<() => Promise<number>> {
  const { train, validation } = sources(each);
  const model: tfl.LayersModel = await buildNetwork(each.network, train.rowShape, CLASSES.length, 1);
  const step = engine.compile(binaryStep(model, LEARNING_RATE));
  const evaluate = engine.compile((x: tf.Tensor) => model.apply(x, { training: false }) as tf.Tensor);
  // Dropout's noise belongs to the step: it is sampled before each.
  const dropouts = model.layers as { sample?: (step: number, rows: number) => void }[];
  let [epoch, count] = [0, 0];
  return async () => {
    const began = performance.now();
    epoch++;
    for await (const { x, y, shape } of train.batches(epoch)) {
      for (const dropout of dropouts) dropout.sample?.(count++, each.batchSize);
      runStep(step, x, shape, y);
    }
    for await (const { x, shape } of validation.batches(0)) {
      const rows = tf.tensor(x, [...shape]);
      const probabilities = evaluate(rows);
      probabilities.dataSync();
      tf.dispose([rows, probabilities]);
    }
    return (performance.now() - began) / 1000;
  };
}

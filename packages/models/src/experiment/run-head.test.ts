import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackbone } from '@sightline/backbone';
import { arraySource, randomFor } from '@sightline/data';
import { Session, tensorOf } from '@sightline/ort';
import { readRun } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadBackbone } from '../backbones.ts';
import { selectEngine } from '../engine/select.ts';
import { fineTune } from '../fine-tune/fine-tune.ts';
import { loadKeras, saveKeras } from '../save/keras.ts';
import { loadModel } from '../save/tfjs.ts';
import { readWeights } from '../train/state.ts';
import { parseExperiment } from './experiment.ts';
import type { FeatureRows } from './head-record.ts';
import { type HeadRunData, type HeadRunOptions, type HeadRunResult, runHead } from './run-head.ts';

const SIDE = 32;
const bytes = SIDE * SIDE * 3;
const [PER_CLASS, HELD] = [12, 4];
/** One main color per class. */
const COLORS = [
  [200, 60, 60],
  [60, 200, 60],
  [60, 60, 200],
] as const;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sightline-head-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Noisy images of the classes' colors, one class after the other. */
function imagesOf(classes: number, perClass: number, seed: number) {
  const random = randomFor(seed);
  const labels = Int32Array.from({ length: classes * perClass }, (_, i) => Math.floor(i / perClass));
  const pixels = Uint8Array.from({ length: labels.length * bytes }, (_, i) => {
    const color = COLORS[labels[Math.floor(i / bytes)]!]!;
    return color[i % 3]! + random.integer(50);
  });
  return { labels, pixels };
}

const made = new Map<string, Promise<HeadRunData>>();
/** The data of a backbone and of so many classes, made once. */
function dataOf(name: string, classes: number): Promise<HeadRunData> {
  const key = `${name}-${classes}`;
  const data = made.get(key) ?? makeData(name, classes);
  made.set(key, data);
  return data;
}

async function makeData(name: string, classes: number): Promise<HeadRunData> {
  const backbone = await loadBackbone(name);
  const opened = await openBackbone(backbone, { imageSize: [SIDE, SIDE], providers: ['cpu'] });
  const rowsOf = async (split: string, perClass: number, seed: number) => {
    const { labels, pixels } = imagesOf(classes, perClass, seed);
    const features = await opened.features(pixels, labels.length);
    const paths = Array.from(labels, (_, i) => `${split}/${i}.png`);
    return { rows: { features, labels, paths } satisfies FeatureRows, pixels };
  };
  const [train, validation] = [await rowsOf('train', PER_CLASS, 1), await rowsOf('validation', HELD, 2)];
  opened.release();
  // One label is wrong: the first green image is called red.
  train.rows.labels[PER_CLASS] = 0;
  return {
    train: train.rows,
    validation: validation.rows,
    classes: NAMES.slice(0, classes),
    backbone,
    pixels: validation.pixels.slice(0, 5 * bytes),
  };
}

const NAMES = ['red', 'green', 'blue'];

const optionsOf = (name: string, backbone: string, classes = 3): HeadRunOptions => ({
  name,
  seed: 1,
  dir: join(dir, name),
  engine: { name: 'onnxruntime', provider: 'cpu', device: 'a processor' },
  experiment: parseExperiment({ backbone, imageSize: [SIDE, SIDE] }),
  header: {
    command: 'sightline train photos',
    data: {
      root: 'photos',
      hash: 'ab'.repeat(32),
      classes: NAMES.slice(0, classes),
      counts: {
        train: new Array<number>(classes).fill(PER_CLASS),
        validation: new Array<number>(classes).fill(HELD),
      },
    },
    software: { sightline: '0', node: '24' },
    git: null,
  },
});

test('a class that is too rare to be predicted is told, with what helps a regression', async () => {
  const data = await dataOf('efficientnet-lite0', 2);
  const columns = data.train.features.length / (2 * PER_CLASS);
  // Red images alone, two of them under the other name.
  const red = (rows: FeatureRows, count: number, others: readonly number[]) => ({
    features: rows.features.slice(0, count * columns),
    paths: rows.paths.slice(0, count),
    labels: Int32Array.from({ length: count }, (_, i) => (others.includes(i) ? 1 : 0)),
  });
  const rare = {
    ...data,
    train: red(data.train, PER_CLASS, [3, 7]),
    validation: red(data.validation, HELD, [1]),
    pixels: data.pixels.slice(0, bytes),
  };
  const options = optionsOf('rare', 'efficientnet-lite0', 2);
  const { metrics } = await runHead(rare, options);
  expect(metrics!.collapsed).toMatchObject({
    class: 'red',
    advice:
      'Every validation image is predicted as red. Add images of the other classes, or let each class count as much: --class-weights balanced.',
  });
});

describe.each([
  ['efficientnet-lite0', 3],
  ['efficientnet-lite0', 2],
  ['vgg16', 3],
])('a head on %s, %i classes', (backbone, classes) => {
  const name = `${backbone}-${classes}`;
  let data: HeadRunData;
  let result: HeadRunResult;
  beforeAll(async () => {
    data = await dataOf(backbone, classes);
    result = await runHead(data, optionsOf(name, backbone, classes));
  });

  test('writes a run that is read as it was made', () => {
    const { run, predictions, suspects } = readRun(join(dir, name));
    expect(run).toMatchObject({ status: 'complete', config: { network: 'logistic', backbone } });
    expect(run.head).toEqual(result.head);
    expect(predictions().map(({ path, label }) => [path, label])).toEqual(
      Array.from(data.validation.labels, (label, i) => [`validation/${i}.png`, data.classes[label]]),
    );
    const right = predictions().filter(({ label, predicted }) => label === predicted);
    expect(run.metrics!.validation.accuracy).toBeCloseTo(right.length / predictions().length, 10);
    expect(run.metrics!.validation.accuracy).toBeGreaterThan(0.8);
    expect(suspects()).toEqual(result.suspects);
    expect(suspects()[0]).toMatchObject({ path: `train/${PER_CLASS}.png`, label: 'red', suggested: 'green' });
  });

  test('its model.onnx gives the predictions from pixels', () => {
    const session = new Session(readFileSync(join(dir, name, 'model.onnx')), { provider: 'cpu' });
    const image = tensorOf(data.pixels, 'uint8', [5, SIDE, SIDE, 3]);
    const { probabilities } = session.run({ image });
    session.dispose();
    const predictions = readRun(join(dir, name)).predictions();
    for (let i = 0; i < 5; i++) {
      const row = (probabilities!.data as Float32Array).subarray(i * classes, (i + 1) * classes);
      const expected = predictions[i]!.probabilities ?? [1 - predictions[i]!.score, predictions[i]!.score];
      // What an export may differ by: convolutions add in another order, and the head amplifies it.
      row.forEach((p, k) => {
        expect(Math.abs(p - expected[k]!)).toBeLessThan(1e-3);
      });
    }
  });

  test('its TensorFlow.js model gives the predictions from features', async () => {
    const { model } = await loadModel(join(dir, name, 'model'));
    const shape = data.backbone.featureShape([SIDE, SIDE]);
    const { features, labels } = data.validation;
    const probabilities = tf.tidy(() =>
      (model.predict(tf.tensor(features, [labels.length, ...shape])) as tf.Tensor).dataSync(),
    );
    model.dispose();
    const expected = readRun(join(dir, name))
      .predictions()
      .flatMap((row) => row.probabilities ?? [row.score]);
    expect(probabilities).toHaveLength(expected.length);
    // float32 sums of 512 or 1,280 products in another order.
    expected.forEach((p, i) => {
      expect(Math.abs(probabilities[i]! - p)).toBeLessThan(1e-4);
    });
  });
});

interface Tuning {
  readonly resume?: boolean;
  /** Called after each step. */
  readonly onStep?: () => void;
  readonly signal?: AbortSignal;
  /** Called once it is tuned, where the test images are measured. */
  readonly measure?: () => void;
}

/** Two classes, 24 and 8 images; two epochs of three steps, from a head that knows nothing. */
async function runTuned(name: string, backbone: string, { resume = false, measure, ...tuning }: Tuning = {}) {
  const { pixels: _, ...rest } = await dataOf(backbone, 2);
  const engine = await selectEngine('onnxruntime', { provider: 'cpu' });
  const sourceOf = (perClass: number, seed: number, shuffle = false) => {
    const { labels, pixels } = imagesOf(2, perClass, seed);
    const rows = { data: Float32Array.from(pixels), shape: [labels.length, SIDE, SIDE, 3], labels };
    return arraySource({ ...rows, classes: NAMES.slice(0, 2) }, { batchSize: 8, seed: 1, shuffle });
  };
  const { pixels } = imagesOf(2, HELD, 2);
  const options = optionsOf(name, backbone, 2);
  // Of VGG16 the last block alone has 7 million weights.
  const blocks = backbone === 'vgg16' ? 1 : 2;
  const input = {
    backbone: backbone as 'vgg16',
    fineTune: { blocks, learningRate: 0.001, augmentation: null },
  };
  const { fineTune: settings } = parseExperiment(input);
  const columns = rest.backbone.featureShape([SIDE, SIDE]).at(-1)!;
  const result = await runHead(
    { ...rest, pixels },
    {
      ...options,
      ...(tuning.signal ? { signal: tuning.signal } : {}),
      resume,
      async fineTune(_, progress) {
        const tuned = await fineTune(
          { train: sourceOf(PER_CLASS, 1, true), validation: sourceOf(HELD, 2) },
          {
            engine,
            backbone: rest.backbone,
            head: { weights: new Float32Array(2 * columns), bias: new Float32Array(2) },
            imageSize: [SIDE, SIDE],
            seed: 1,
            settings: {
              ...settings!,
              blocks,
              learningRate: 0.001,
              batchSize: 8,
              epochs: 2,
              classWeights: null,
              isAugmented: false,
            },
            ...tuning,
            ...progress,
          },
        );
        measure?.();
        return tuned;
      },
    },
  );
  return { ...options, result, pixels };
}

const wholes = new Map<string, ReturnType<typeof runTuned>>();
/** The fine-tuned run of a backbone that nothing interrupts, made once. */
function tuned(backbone: string) {
  const run = wholes.get(backbone) ?? runTuned(`tuned-${backbone}`, backbone);
  wholes.set(backbone, run);
  return run;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

const withoutSeconds = (text: string) => text.replaceAll(/"seconds":[^,}]+/g, '');

test.each([
  ['efficientnet-lite0', 'blocks.14'],
  ['vgg16', 'block4'],
])(
  'a fine-tuned run of %s holds the tuned network, from pixels too, and says what it brought',
  async (backbone, upTo) => {
    const { dir, pixels } = await tuned(backbone);
    const { run, history, predictions } = readRun(dir);
    expect(run.fineTune).toMatchObject({ before: 0.5, isKept: true });
    expect(run.metrics!.validation.accuracy).toBe(run.fineTune!.after);
    expect(run.metrics!.kept!.epoch).toBe(2);
    expect(history).toHaveLength(2);
    const { model, metadata } = await loadModel(join(dir, 'model'));
    expect(metadata).toMatchObject({ backbone, upTo });
    const keras = join(dir, 'model.keras');
    await saveKeras(model, keras, metadata!);
    const again = await loadKeras(keras);
    expect(again.metadata).toEqual(metadata);
    // As bytes: number by number, seven million would take seconds.
    const found = readWeights(again.model);
    const expected = readWeights(model);
    expect(found).toHaveLength(expected.length);
    for (const [i, { name, data }] of expected.entries())
      expect(bytesOf(found[i]!.data).equals(bytesOf(data)), name).toBe(true);
    const session = new Session(readFileSync(join(dir, 'model.onnx')), { provider: 'cpu' });
    const feeds = { image: tensorOf(pixels, 'uint8', [2 * HELD, SIDE, SIDE, 3]) };
    const probabilities = session.run(feeds).probabilities!.data as Float32Array;
    session.dispose();
    // The frozen blocks come from other algorithms than the exported nodes.
    for (const [i, { score }] of predictions().entries())
      expect(Math.abs(probabilities[2 * i + 1]! - score)).toBeLessThan(1e-3);
  },
);

test('fine-tuning that is interrupted leaves the head, and goes on as if it had not been', async () => {
  const whole = await tuned('efficientnet-lite0');
  const stop = new AbortController();
  let steps = 0;
  const tuning: Tuning = {
    signal: stop.signal,
    onStep: () => {
      // In the middle of the second epoch.
      if (++steps === 5) stop.abort();
    },
  };
  const { dir, result } = await runTuned('interrupted', 'efficientnet-lite0', tuning);
  expect(result).toMatchObject({ status: 'interrupted', midway: { rows: 16, size: 24 } });
  expect(result.history).toHaveLength(1);
  const { run } = readRun(dir);
  expect(run.status).toBe('interrupted');
  expect(run.fineTune).toBeUndefined();
  expect((await loadModel(join(dir, 'model'))).metadata!.upTo).toBeUndefined();
  const again = await runTuned('interrupted', 'efficientnet-lite0', { resume: true });
  expect(again.result.status).toBe('complete');
  for (const file of ['model/weights.bin', 'model.onnx', 'predictions.jsonl'])
    expect(readFileSync(join(dir, file)).equals(readFileSync(join(whole.dir, file))), file).toBe(true);
  const [found, expected] = [dir, whole.dir].map((each) =>
    withoutSeconds(readFileSync(join(each, 'history.jsonl'), 'utf8')),
  );
  expect(found).toBe(expected);
});

test('a head that is stopped while its pictures are made is interrupted, and keeps its network', async () => {
  const data = await dataOf('efficientnet-lite0', 3);
  const stop = new AbortController();
  const options = optionsOf('stopped', 'efficientnet-lite0');
  const stopped = await runHead(data, {
    ...options,
    signal: stop.signal,
    artifacts() {
      stop.abort();
      stop.signal.throwIfAborted();
    },
  });
  const { run, predictions } = readRun(options.dir);
  expect(run).toMatchObject({ status: 'interrupted', head: stopped.head, metrics: stopped.metrics });
  expect(run.error).toBeUndefined();
  expect(predictions()).toHaveLength(3 * HELD);
  expect(await runHead(data, options)).toMatchObject({ status: 'complete', metrics: stopped.metrics });
});

test('fine-tuning that is stopped after its last step is interrupted, and is completed when it is resumed', async () => {
  const whole = await tuned('efficientnet-lite0');
  const stop = new AbortController();
  const measure = () => {
    stop.abort();
    stop.signal.throwIfAborted();
  };
  const { dir, result } = await runTuned('stopped-late', 'efficientnet-lite0', {
    signal: stop.signal,
    measure,
  });
  expect(result).toMatchObject({ status: 'interrupted', metrics: null, history: { length: 2 } });
  expect(readRun(dir).run.status).toBe('interrupted');
  const again = await runTuned('stopped-late', 'efficientnet-lite0', { resume: true });
  expect(again.result).toMatchObject({ status: 'complete', history: { length: 2 } });
  for (const file of ['model/weights.bin', 'predictions.jsonl'])
    expect(readFileSync(join(dir, file)).equals(readFileSync(join(whole.dir, file))), file).toBe(true);
});

test('a fit that fails leaves an earlier run as it was', async () => {
  const data = await dataOf('efficientnet-lite0', 3);
  const options = { ...optionsOf('kept', 'efficientnet-lite0') };
  await runHead(data, options);
  const before = readdirSync(options.dir).map((file) => [file, readRun(options.dir).run.finishedAt]);
  const features = data.train.features.slice().fill(Number.NaN, 0, 1);
  await expect(runHead({ ...data, train: { ...data.train, features } }, options)).rejects.toMatchObject({
    code: 'not-finite',
  });
  await expect(runHead(data, { ...options, signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  expect(readdirSync(options.dir).map((file) => [file, readRun(options.dir).run.finishedAt])).toEqual(before);
});

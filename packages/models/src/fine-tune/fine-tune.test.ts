// Fine-tuning with EfficientNet-Lite0's own weights, on images of its smallest size.

import { readFileSync } from 'node:fs';
import { type Backbone, openBackbone } from '@sightline/backbone';
import { arraySource } from '@sightline/data';
import { perClass } from '@sightline/metrics';
import { beforeAll, expect, test } from 'vitest';
import { loadBackbone } from '../backbones.ts';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { backboneTail } from '../networks/backbone-tail.ts';
import { exportChecked } from '../onnx/export-checked.ts';
import { stripes } from '../testing/stripes.ts';
import { averagedWeights, readWeights, type TrainingState } from '../train/state.ts';
import { type FineTuneSettings, fineTune } from './fine-tune.ts';

const SIDE = 32;
const imageSize = [SIDE, SIDE] as const;
let engine: Engine;
let backbone: Backbone;
beforeAll(async () => {
  engine = await selectEngine('onnxruntime', { provider: 'cpu' });
  backbone = await loadBackbone('efficientnet-lite0');
});

/** Images of `stripes` with pixel values of 0 to 255. */
function images(count: number, classes: number, seed: number) {
  const rows = stripes(count, SIDE, classes, seed);
  return { ...rows, data: Float32Array.from(rows.data, (value) => Math.round(value * 255)) };
}
const bytesOf = (values: Float32Array) => Uint8Array.from(values);
const source = (rows: ReturnType<typeof images>, shuffle = false) =>
  arraySource(rows, { batchSize: 8, seed: 1, shuffle });

/** Weights of a head that differ from column to column and from class to class. */
const headOf = (classes: number, scale: number) => ({
  weights: Float32Array.from({ length: 1280 * classes }, (_, i) => scale * Math.sin(i * 12.9898)),
  bias: Float32Array.from({ length: classes }, (_, k) => scale * k),
});

test.each([
  [2, 3],
  [3, 5],
  [3, 99],
])(
  '%i classes: the last %i blocks predict what the whole backbone and the head do, also as ONNX',
  async (classes, blocks) => {
    const head = headOf(classes, 0.1);
    const rows = images(6, classes, 5);
    const whole = await openBackbone(backbone, { imageSize, providers: ['cpu'] });
    const features = await whole.features(bytesOf(rows.data), 6);
    whole.release();
    const { model, upTo } = backboneTail(backbone, imageSize, blocks, head);
    const frozen = await openBackbone(backbone, { imageSize, upTo, providers: ['cpu'] });
    const data = await frozen.features(bytesOf(rows.data), 6);
    const atCut = source({ ...rows, data: Float32Array.from(data), shape: [6, ...frozen.featureShape] });
    frozen.release();

    const evaluation = await evaluate(model, atCut, { engine });
    const predicted = perClass(evaluation.probabilities, evaluation.units);
    for (let row = 0; row < 6; row++) {
      const logits = Array.from(head.bias, (bias, k) =>
        features
          .subarray(row * 1280, (row + 1) * 1280)
          .reduce((sum, value, i) => sum + value * head.weights[i * classes + k]!, bias),
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      // float32 through up to 50 layers by other kernels.
      for (const [k, logit] of logits.entries())
        expect(predicted[row * classes + k]).toBeCloseTo(Math.exp(logit) / total, 3);
    }
    const metadata = {
      classes: rows.classes,
      imageSize: [SIDE, SIDE],
      backbone: backbone.name,
      upTo,
    } as const;
    const checked = { pixels: bytesOf(rows.data), probabilities: predicted };
    const { difference } = await exportChecked(
      model,
      { ...metadata, classes: [...rows.classes], imageSize: [SIDE, SIDE] },
      checked,
      { backbone },
    );
    expect(difference).toBeLessThan(1e-3);
  },
);

const settings: FineTuneSettings = {
  blocks: 1,
  epochs: 3,
  batchSize: 8,
  learningRate: 0.003,
  weightDecay: 0.01,
  layerDecay: 0.5,
  ema: 0.8,
  labelSmoothing: 0,
  classWeights: null,
  isAugmented: false,
};

test.each([true, false])('a head that knows nothing is improved, augmented: %s', async (isAugmented) => {
  const data = { train: source(images(24, 2, 1), true), validation: source(images(12, 2, 9)) };
  const head = { weights: new Float32Array(2560), bias: new Float32Array(2) };
  const options = { engine, backbone, head, imageSize, seed: 1 };
  const tuned = await fineTune(data, { ...options, settings: { ...settings, isAugmented } });
  expect(tuned.before.accuracy).toBe(0.5);
  expect(tuned.after.accuracy).toBeGreaterThan(0.8);
  expect(tuned).toMatchObject({ isKept: true, upTo: 'blocks.15' });
});

/** The images of tooling/fixtures/torch_fine_tune.py. */
function patterns(count: number, side: number, classes: number) {
  const data = Float32Array.from({ length: count * side * side * 3 }, (_, at) => {
    const [place, channel] = [Math.floor(at / 3), at % 3];
    const [i, row, column] = [Math.floor(place / side ** 2), Math.floor(place / side) % side, place % side];
    const levels = row * row * 3 + column * (5 + 4 * (i % classes)) + row * column * (1 + (i % 5));
    return (levels + channel * 85 + i * 37) % 256;
  });
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const names = Array.from({ length: classes }, (_, k) => `class${k}`);
  return { data, shape: [count, side, side, 3], labels, classes: names };
}

interface Reference {
  losses: number[];
  changes: Record<string, [norm: number, product: number, averageProduct: number]>;
}

test('twenty steps are those of PyTorch (tooling/fixtures/torch_fine_tune.py)', async () => {
  const path = new URL('../../test/fixtures/torch-fine-tune.json', import.meta.url);
  const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;
  const [side, classes] = [64, 3];
  const rows = patterns(40, side, classes);
  const losses: number[] = [];
  let [before, last]: [number, TrainingState?] = [0];
  const { model } = await fineTune(
    { train: source(rows), validation: source(patterns(8, side, classes)) },
    {
      engine,
      backbone,
      head: headOf(classes, 0.05),
      imageSize: [side, side],
      seed: 1,
      settings: {
        ...settings,
        blocks: 5,
        epochs: 4,
        learningRate: 0.001,
        weightDecay: 0.05,
        layerDecay: 0.7,
        ema: 0.9,
        labelSmoothing: 0.1,
        isAugmented: true,
      },
      onStep({ rows, loss }) {
        if (rows === 8) before = 0;
        losses.push((loss * rows - before) / 8);
        before = loss * rows;
      },
      checkpoint(name, state) {
        if (name === 'last') last = state;
      },
    },
  );
  // Other kernels round differently; from step to step losses change by some 1e-1.
  for (const [step, loss] of reference.losses.entries()) expect(losses[step]).toBeCloseTo(loss, 4);

  const start = backboneTail(backbone, [side, side], 5, headOf(classes, 0.05)).model;
  const product = (a: Float32Array, of: (i: number) => number) =>
    a.reduce((sum, value, i) => sum + value * of(i), 0);
  const averages = averagedWeights(model, last!);
  for (const [i, { name, data: from }] of readWeights(start).entries()) {
    const change = ({ data }: { data: Float32Array }) => data.map((value, at) => value - from[at]!);
    const [own, average] = [change(last!.weights[i]!), change(averages[i]!)];
    const layer = name.replace(/\/.*$/, '');
    const [norm, ...products] = reference.changes[`${layer}.${name.endsWith('bias') ? 'bias' : 'weight'}`]!;
    const length = Math.sqrt(product(own, (at) => own[at]!));
    expect(Math.abs(length / norm - 1), name).toBeLessThan(2e-4);
    // float32 holds a weight of 1 to 6e-8; a thousand of these, rounded twenty times, are some 1e-5.
    for (const [k, values] of [own, average].entries())
      expect(Math.abs(product(values, Math.cos) - products[k]!), name).toBeLessThan(2e-3 * norm);
  }
});

test('twenty images are learned by heart, with labels that have nothing to do with them', async () => {
  const rows = patterns(20, SIDE, 4);
  const labels = rows.labels.map((_, i) => Math.floor(i / 5));
  const all = arraySource({ ...rows, labels }, { batchSize: 20, seed: 1, shuffle: false });
  const { training } = await fineTune(
    { train: all, validation: source(patterns(4, SIDE, 4)) },
    {
      engine,
      backbone,
      head: { weights: new Float32Array(5120), bias: new Float32Array(4) },
      imageSize,
      seed: 1,
      settings: { ...settings, batchSize: 20, blocks: 3, epochs: 40, learningRate: 0.001, layerDecay: 1 },
    },
  );
  expect(training.history[0]!.accuracy).toBeLessThan(0.6);
  expect(training.history.at(-1)!.accuracy).toBe(1);
});

test('what is worse on validation is not kept', async () => {
  const train = images(24, 2, 1);
  // The opposite labels: what is learned is wrong on validation.
  const validation = images(12, 2, 9);
  validation.labels.forEach((label, i) => {
    validation.labels[i] = 1 - label;
  });
  const data = { train: source(train, true), validation: source(validation) };
  const head = headOf(2, 1e-3);
  const options = { engine, backbone, head, imageSize, seed: 1, settings };
  const { model, isKept, before, after } = await fineTune(data, options);
  expect(isKept).toBe(false);
  expect(after.accuracy).toBeLessThan(before.accuracy);
  const start = backboneTail(backbone, imageSize, 1, head).model;
  expect(readWeights(model).map(({ data }) => data)).toEqual(readWeights(start).map(({ data }) => data));
});

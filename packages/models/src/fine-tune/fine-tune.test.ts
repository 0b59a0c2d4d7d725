// Fine-tuning with EfficientNet-Lite0's own weights, on images of its smallest size.

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
import { readWeights } from '../train/state.ts';
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
    const { difference } = exportChecked(
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

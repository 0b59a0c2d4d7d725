// Activation maps against finite differences, against TensorFlow.js' own gradient on its cpu backend, and against the
// logits that they explain.

import { arraySource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { headModel, predictHead } from '../head/predict-head.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { stripes } from '../testing/stripes.ts';
import { activationMaps, type Contrast, classActivationMap, linearKernel } from './activation-map.ts';

const SIDE = 64;
let engine: Engine;
beforeEach(async () => {
  engine = await selectEngine('onnxruntime', { provider: 'cpu' });
});

/** More rows than run at once. */
const CONTRASTS: readonly Contrast[] = Array.from({ length: 18 }, (_, row) => ({
  row,
  predicted: row % 3,
  other: (row + 1) % 3,
}));

const images = (classes: number) => stripes(20, SIDE, classes, 3);
const sourceOf = (classes: number) => arraySource(images(classes), { batchSize: 7, seed: 1, shuffle: false });

const isPlaced = (layer: tfl.layers.Layer) => layer.outputShape.length === 4;

/** The logits of what the layer number `at` of a network gives, through the layers behind it, one after the other. */
function logitsBehind(model: tfl.LayersModel, at: number): (a: tf.Tensor) => tf.Tensor {
  const [kernel, bias] = model.layers.at(-1)!.getWeights();
  const hidden = (a: tf.Tensor) =>
    model.layers.slice(at + 1, -1).reduce((y, layer) => layer.apply(y, { training: false }) as tf.Tensor, a);
  return (a) => tf.add(tf.matMul(hidden(a) as tf.Tensor2D, kernel as tf.Tensor2D), bias!);
}

/** What the layer number `at` of a network gives. */
const activationsOf = (model: tfl.LayersModel, at: number, x: tf.Tensor): tf.Tensor =>
  tfl
    .model({ inputs: model.inputs, outputs: model.layers[at]!.output as tfl.SymbolicTensor })
    .apply(x, { training: false }) as tf.Tensor;

const rowOf = (row: number, classes: number) => {
  const { data } = images(classes);
  const size = SIDE * SIDE * 3;
  return tf.tensor(data.slice(row * size, (row + 1) * size), [1, SIDE, SIDE, 3]);
};

describe.each([2, 3])('a network of %i classes', (classes) => {
  const contrasts = CONTRASTS.map(({ row, predicted, other }) => ({
    row,
    predicted: predicted % classes,
    other: classes === 2 ? 1 - (predicted % 2) : other,
  }));
  const difference = ({ predicted, other }: Contrast, logits: tf.Tensor) => {
    const [values] = logits.arraySync() as number[][];
    return classes === 2 ? (predicted === 1 ? 1 : -1) * values![0]! : values![predicted]! - values![other]!;
  };

  test('weighs channels by what finite differences of the logits give', async () => {
    const model = await buildNetwork('baseline', [SIDE, SIDE, 3], classes, 4);
    const found = (await activationMaps(model, sourceOf(classes), contrasts, { engine }))!;
    expect(found).toMatchObject({ height: 4, width: 4 });
    const last = model.layers.findLastIndex((layer) => layer.getClassName() === 'Conv2D');
    const logits = logitsBehind(model, last);
    const places = found.height * found.width;
    for (const i of [0, 17]) {
      const contrast = contrasts[i]!;
      const expected = tf.tidy(() => {
        const a = activationsOf(model, last, rowOf(contrast.row, classes));
        const channels = a.shape[3]!;
        // All places of a channel move alike, so its maximum stays where it is, and the rest of the network is linear.
        const step = 0.5;
        const weights = Array.from({ length: channels }, (_, k) => {
          const bump = tf.mul(tf.oneHot(tf.scalar(k, 'int32'), channels), step);
          const change =
            difference(contrast, logits(tf.add(a, bump))) - difference(contrast, logits(tf.sub(a, bump)));
          return change / (2 * step * places);
        });
        return Array.from(tf.sum(tf.mul(a, tf.tensor1d(weights)), 3).dataSync());
      });
      const scale = Math.max(...expected.map(Math.abs));
      // Float32 logits of about 1, of which differences are taken: their rounding is 1e-7 each, of 64 channels.
      expected.forEach((value, place) => {
        expect(Math.abs(found.maps[i]![place]! - value) / scale).toBeLessThan(1e-4);
      });
    }
    model.dispose();
  });

  test("gives what TensorFlow.js' cpu backend gives", async () => {
    const model = await buildNetwork('residual', [SIDE, SIDE, 3], classes, 4);
    const found = (await activationMaps(model, sourceOf(classes), contrasts, { engine }))!;
    await selectEngine('cpu');
    const twin = await buildNetwork('residual', [SIDE, SIDE, 3], classes, 4);
    const last = twin.layers.findLastIndex(isPlaced);
    expect(found.layer).toBe(model.layers[last]!.name);
    const expected = tf.tidy(() => {
      const a = activationsOf(twin, last, rowOf(17, classes));
      const logits = logitsBehind(twin, last);
      const { predicted, other } = contrasts[17]!;
      const score = (x: tf.Tensor) => {
        const z = logits(x);
        if (classes === 2) return tf.sum(tf.mul(z, predicted === 1 ? 1 : -1)) as tf.Scalar;
        return tf.sum(tf.sub(tf.gather(z, [predicted], 1), tf.gather(z, [other], 1))) as tf.Scalar;
      };
      const gradient = tf.grad(score)(a);
      return Array.from(tf.sum(tf.mul(a, tf.mean(gradient, [1, 2], true)), 3).dataSync());
    });
    const scale = Math.max(...expected.map(Math.abs));

    // Two engines' float32 sums through the whole network.
    expected.forEach((value, place) => {
      expect(Math.abs(found.maps[17]![place]! - value) / scale).toBeLessThan(1e-3);
    });
  });

  test('in closed form, is the gradient, and sums to the logits that it explains', async () => {
    const [height, width, channels] = [3, 2, 5];
    const wave = (i: number) => Math.abs(Math.sin(i * 12.9898)) * 3;
    const data = Float32Array.from({ length: 20 * height * width * channels }, (_, i) => wave(i));
    const head = {
      weights: Float32Array.from({ length: channels * classes }, (_, i) => Math.cos(i * 7.3)),
      bias: Float32Array.from({ length: classes }, (_, k) => 0.3 * k),
    };
    const model = headModel(head, [height, width, channels]);
    const kernel = linearKernel(model)!;
    const units = kernel.length / channels;
    const labels = new Int32Array(20);
    const names = Array.from({ length: classes }, (_, k) => `${k}`);
    const source = arraySource(
      { data, shape: [20, height, width, channels], labels, classes: names },
      { batchSize: 7, seed: 1, shuffle: false },
    );
    const found = (await activationMaps(model, source, contrasts, { engine }))!;
    const size = height * width * channels;
    contrasts.forEach((contrast, i) => {
      const features = data.slice(i * size, (i + 1) * size);
      const map = classActivationMap(features, kernel, units, contrast);
      map.forEach((value, place) => {
        expect(found.maps[i]![place]).toBeCloseTo(value, 5);
      });
      const mean = Float32Array.from({ length: channels }, (_, k) =>
        features.reduce((sum, value, j) => sum + (j % channels === k ? value / (height * width) : 0), 0),
      );
      const probabilities = predictHead(head, mean);
      const { predicted, other } = contrast;
      const logits = Math.log(probabilities[predicted]! / probabilities[other]!);
      const bias = head.bias[predicted]! - head.bias[other]!;
      expect(map.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logits - bias, 4);
    });
  });
});

test('there is none without activations that have places, of pixels, or and no kernel of a classifier that is not linear', async () => {
  const flat = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [SIDE, SIDE, 3] }),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  expect(await activationMaps(flat, sourceOf(3), CONTRASTS, { engine })).toBeUndefined();
  expect(linearKernel(flat)).toBeUndefined();
});

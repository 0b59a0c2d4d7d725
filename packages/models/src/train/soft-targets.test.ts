import { arraySource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { smallOptions } from '../testing/small-training.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

const options = (more: Partial<FitOptions> = {}) => smallOptions(engine, more);

/** A network of one dense layer at zero, so that its probabilities, and by them all losses, are known by hand. */
function zero(units: number): tfl.LayersModel {
  const activation = units === 1 ? 'sigmoid' : 'softmax';
  return tfl.sequential({
    layers: [tfl.layers.dense({ units, activation, kernelInitializer: 'zeros', inputShape: [2] })],
  });
}

/** Two rows as one batch with the given targets, and a validation set of the same rows. */
function mixed(targets: Float32Array, classes: number) {
  const names = Array.from({ length: classes }, (_, k) => `class${k}`);
  const rows = {
    data: Float32Array.of(1, 0, 0, 1),
    shape: [2, 2],
    labels: Int32Array.of(0, 1),
    classes: names,
  };
  const validation = arraySource(rows, { batchSize: 2, seed: 1, shuffle: false });
  const train = {
    ...validation,
    async *batches(epoch: number) {
      for await (const batch of validation.batches(epoch)) yield { ...batch, targets };
    },
  };
  return { train, validation };
}

test.each([1, 2])('mixed rows are trained for their targets: two classes by %i unit(s)', async (units) => {
  const model = zero(units);
  // The rows belong to the second class by 0.7 and 0.1. At probabilities of a half, every target costs ln 2.
  const sources = mixed(Float32Array.of(0.3, 0.7, 0.9, 0.1), 2);
  const { history } = await fit(
    model,
    sources,
    options({ epochs: 1, optimizer: { name: 'sgd', learningRate: 1 } }),
  );
  expect(history[0]!.loss).toBeCloseTo(Math.LN2, 6);
  // Row 1 is mostly class 1 and is called class 0 (as ties are), row 2 is mostly class 0.
  expect(history[0]!.accuracy).toBe(0.5);
  // The gradient of a logit is p - t, a row's input is one-hot, the mean halves it: w = -(0.5 - t) / 2.
  const kernel = Array.from(model.weights[0]!.read().dataSync());
  const expected = units === 1 ? [0.1, -0.2] : [-0.1, 0.1, 0.2, -0.2];
  kernel.forEach((w, i) => {
    expect(w).toBeCloseTo(expected[i]!, 6);
  });
});

test('the loss of mixed rows of three classes is their cross-entropy, worked out by hand', async () => {
  const model = zero(3);
  const bias = Math.log(2);
  // Logits 0, ln 2, 0: probabilities 1/4, 1/2, 1/4.
  model.setWeights([model.getWeights()[0]!, tf.tensor1d([0, bias, 0])]);
  const sources = mixed(Float32Array.of(0.6, 0.4, 0, 0, 0.25, 0.75), 3);
  const { history } = await fit(model, sources, options({ epochs: 1, classWeights: [1, 1, 3] }));
  const first = 0.6 * Math.log(4) + 0.4 * Math.log(2);
  const second = 0.25 * Math.log(2) + 0.75 * Math.log(4);
  // Class weights count in the shares: 1 for the first row, 0.25 + 3 * 0.75 for the second.
  expect(history[0]!.loss).toBeCloseTo((first + 2.5 * second) / 2, 6);
});

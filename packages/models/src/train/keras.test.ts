// The training step against Keras' own numbers (tooling/fixtures/keras_training.py).

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { classifierOutputs } from '../evaluate/classifier-outputs.ts';
import { evaluateStep } from '../evaluate/evaluate-step.ts';
import { baseline } from '../networks/baseline.ts';
import { createOptimizer, type OptimizerExtras } from './optimizer.ts';
import type { OptimizerConfig } from './settings.ts';
import { trainableVariables, trainStep } from './step.ts';

interface Case {
  steps: { size: number; row: number; loss: number; accuracy: number }[];
  evaluated: { loss: number; accuracy: number };
  probabilities: number[];
  weights: { shape: number[]; sum: number; squares: number; at: number[]; values: number[] }[];
}
const reference = JSON.parse(
  readFileSync(new URL('../../test/fixtures/keras-training.json', import.meta.url), 'utf8'),
) as Record<'baseline' | 'saturated' | 'threeClasses' | 'nesterov' | 'clipped', Case>;

let engine: Engine;

/** The fixture's numbers in [0, 1): Knuth's multiplicative hash of the index. */
const hashed = (count: number, start: number) =>
  Float64Array.from({ length: count }, (_, i) => (Math.imul(start + i, 2654435761) >>> 0) / 2 ** 32);

function setWeights(model: tfl.LayersModel): void {
  let start = 0;
  for (const variable of model.trainableWeights) {
    if (!variable.originalName.endsWith('kernel')) continue;
    const shape = variable.shape as number[];
    const size = tf.util.sizeFromShape(shape);
    const limit = 1 / Math.sqrt(size / shape.at(-1)!);
    variable.write(
      tf.tensor(
        Float32Array.from(hashed(size, start), (v) => (v * 2 - 1) * limit),
        shape,
      ),
    );
    start += size;
  }
}

function threeClasses(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        inputShape: [8, 8, 3],
      }),
      tfl.layers.batchNormalization(),
      tfl.layers.reLU(),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
}

interface Options extends OptimizerExtras {
  smoothing?: number;
  classWeights?: number[];
  /** Relative tolerances: of losses, and of the weights after the last step. */
  loss: number;
  weights: number;
}

function compare(model: tfl.LayersModel, expected: Case, config: OptimizerConfig, options: Options): void {
  setWeights(model);
  const outputs = classifierOutputs(model);
  const optimizer = createOptimizer(config, trainableVariables(model), options);
  const step = trainStep(engine, model, outputs, optimizer, options.smoothing ?? 0);
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  let last: [tf.Tensor, tf.Tensor1D] | undefined;
  for (const { size, row, loss, accuracy } of expected.steps) {
    const pixels = hashed(size * tf.util.sizeFromShape(shape), row * 7919);
    const x = tf.tensor(
      Float32Array.from(pixels, (v) => Math.floor(v * 256) / 255),
      [size, ...shape],
    );
    const labels = Float32Array.from({ length: size }, (_, i) => (((row + i) * 7) % 5) % outputs.classes);
    const y = tf.tensor1d(labels);
    const weights = options.classWeights
      ? tf.tensor1d(Float32Array.from(labels, (label) => options.classWeights![label]!))
      : undefined;
    const [gotLoss, correct] = step(x, y, ...(weights ? [weights] : [])).map((t) => t.dataSync()[0]!);
    expect(Math.abs(gotLoss! - loss) / loss, `loss ${gotLoss} of ${loss} at row ${row}`).toBeLessThan(
      options.loss,
    );
    expect(correct! / size).toBeCloseTo(accuracy, 6);
    last = [x, y];
  }
  // The order of Keras' variables: trained and untrained together, layer by layer, as tfjs' `weights` of each layer.
  const weights = model.layers.flatMap((layer) => layer.weights);
  expect(weights.map((w) => w.shape)).toEqual(expected.weights.map((w) => w.shape));
  weights.forEach((weight, i) => {
    const { squares, at, values } = expected.weights[i]!;
    const got = weight.read().dataSync();
    const scale = Math.sqrt(squares / got.length);
    at.forEach((index, k) => {
      expect(Math.abs(got[index]! - values[k]!), weight.name).toBeLessThan(options.weights * scale);
    });
  });
  const [loss, probabilities] = evaluateStep(engine, model, outputs, options.smoothing ?? 0)(...last!);
  expect(Math.abs(loss!.dataSync()[0]! / expected.evaluated.loss - 1)).toBeLessThan(10 * options.loss);
  for (const [i, p] of probabilities!.dataSync().entries()) {
    expect(p).toBeCloseTo(expected.probabilities[i]!, 3);
  }
}

describe.each(['cpu', 'onnxruntime'] as const)('on the engine %s', (name) => {
  beforeAll(async () => {
    engine = await selectEngine(name);
  });

  test('Adam steps of the baseline are those of Keras', () => {
    // Adam divides by the gradient's size, so float32 rounding in small gradients grows to 1e-4 of a weight.
    const config = { name: 'adam', learningRate: 0.01 } as const;
    compare(baseline([32, 32, 3], 2), reference.baseline, config, { loss: 2e-4, weights: 2e-3 });
  });

  test('a saturated sigmoid still has a loss and a gradient, as in Keras', () => {
    const config = { name: 'sgd', learningRate: 3 } as const;
    compare(baseline([32, 32, 3], 2), reference.saturated, config, { loss: 1e-4, weights: 1e-3 });
  });

  test('softmax with label smoothing, class weights, batch normalization and momentum', () => {
    const config = { name: 'sgd', learningRate: 0.1, momentum: 0.9 } as const;
    compare(threeClasses(), reference.threeClasses, config, {
      smoothing: 0.1,
      classWeights: [0.5, 1, 2],
      loss: 1e-5,
      weights: 1e-4,
    });
  });

  test('gradients scaled down to a norm', () => {
    const config = { name: 'sgd', learningRate: 0.5 } as const;
    compare(threeClasses(), reference.clipped, config, { clipNorm: 0.1, loss: 1e-5, weights: 1e-4 });
  });

  test('Nesterov momentum', () => {
    const config = { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true } as const;
    compare(threeClasses(), reference.nesterov, config, { loss: 1e-5, weights: 1e-4 });
  });
});

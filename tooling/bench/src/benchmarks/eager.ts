// `model.fit` of tfjs-layers, unchanged, beside the same step compiled: what laziness alone gives.

import { buildNetwork, selectEngine } from '@sightline/models';
import { compile } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import { type Benchmark, comparisonTable } from '../benchmark.ts';
import { compare } from '../comparison.ts';
import { trainingCases } from '../networks.ts';
import { binaryStep, runStep } from '../step.ts';

const LEARNING_RATE = 1e-4;
const STEPS = 16;

const seconds = async (body: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
};

export const eager: Benchmark = {
  title: "images/s of tfjs-layers' own model.fit on the baseline, beside a compiled step",
  async run({ rounds = 7 }) {
    await selectEngine('onnxruntime');
    const { shape, batch } = trainingCases.baseline;
    const rows = batch * STEPS;
    const pixels = Float32Array.from({ length: rows * tf.util.sizeFromShape([...shape]) }, Math.random);
    const labels = Float32Array.from({ length: rows }, () => Math.round(Math.random()));
    const [x, y] = [tf.tensor(pixels, [rows, ...shape]), tf.tensor(labels, [rows, 1])];

    const layers = await buildNetwork('baseline', shape, 2, 1);
    layers.compile({ optimizer: tf.train.adam(LEARNING_RATE), loss: 'binaryCrossentropy' });
    const fit = () => layers.fit(x, y, { batchSize: batch, epochs: 1, shuffle: false, verbose: 0 });

    const step = compile(binaryStep(await buildNetwork('baseline', shape, 2, 1), LEARNING_RATE));
    const size = pixels.length / STEPS;
    const steps = async () => {
      for (let i = 0; i < STEPS; i++) {
        const images = pixels.subarray(i * size, (i + 1) * size);
        runStep(step, images, [batch, ...shape], labels.subarray(i * batch, (i + 1) * batch));
      }
    };
    const comparison = await compare(
      { name: 'model.fit, eager', time: () => seconds(async () => void (await fit())) },
      { name: 'compiled step', time: () => seconds(steps) },
      { what: 'baseline', unit: 'images/s', amount: rows, target: 0.5, rounds, warmUp: 2 },
    );
    step.dispose();
    return {
      table: comparisonTable([comparison]),
      measurements: [comparison],
      software: {},
      notes: ['model.fit slices its batches from one tensor and awaits after each of them.'],
    };
  },
};

// Trains a small network for many steps and prints, as a line of JSON, resident memory as it goes. Two ways: `compiled`,
// and `eager`, which is the same step without compile. A process of its own, with `--expose-gc`.

import { selectEngine } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { binaryStep, runStep } from '../step.ts';

/** What is kept of a moment: bytes in all and TensorFlow.js' own count of tensors. */
export interface Sample {
  readonly step: number;
  readonly resident: number;
  readonly tensors: number;
}

const SHAPE = [12, 12, 3];
const BATCH = 4;

const [way, steps, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const engine = await selectEngine('onnxruntime');
const model = tfl.sequential({
  layers: [
    tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: SHAPE }),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    tfl.layers.flatten(),
    tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
const step = binaryStep(model, 1e-3);
const run = way === 'compiled' ? engine.compile(step) : step;
const x = Float32Array.from({ length: BATCH * tf.util.sizeFromShape(SHAPE) }, Math.random);
const samples: Sample[] = [];
for (let i = 1; i <= steps; i++) {
  // A last batch of another size now and then, as in training.
  const n = i % 10 === 0 ? BATCH - 1 : BATCH;
  const pixels = x.subarray(0, (x.length / BATCH) * n);
  runStep(run, pixels, [n, ...SHAPE], Float32Array.of(0, 1, 0, 1).subarray(0, n));
  if (i % every === 0) {
    globalThis.gc!();
    samples.push({ step: i, resident: process.memoryUsage().rss, tensors: tf.memory().numTensors });
    // Buffers of the runtime are freed by finalizers, which run between tasks.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
console.log(JSON.stringify(samples));
process.exit(0);

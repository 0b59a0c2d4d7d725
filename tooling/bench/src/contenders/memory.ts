// Trains a small network for many steps and prints, as a line of JSON, resident memory as it goes. Ways: `compiled`;
// `eager`, which is the same step without compile; and `sizes`, eager too, in which images have another size at each
// step, so that each step makes a session and puts one out of the cache. A process of its own, with `--expose-gc`.

import { selectEngine } from '@sightline/models';
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
/** Of `sizes`: heights and widths, 41 * 41 of them, times 3 sizes of batches. */
const [SMALLEST, SPAN, BATCHES] = [12, 41, 3];

const [way, steps, every] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const engine = await selectEngine('onnxruntime');
const model = tfl.sequential({
  layers: [
    tfl.layers.conv2d({
      filters: 4,
      kernelSize: 3,
      activation: 'relu',
      inputShape: way === 'sizes' ? [null, null, 3] : SHAPE,
    }),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    way === 'sizes' ? tfl.layers.globalAveragePooling2d({}) : tfl.layers.flatten(),
    tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
const step = binaryStep(model, 1e-3);
const run = way === 'compiled' ? engine.compile(step) : step;
/** The shape of the batch of step number i. */
function shapeOf(i: number): [n: number, ...image: number[]] {
  // A last batch of another size now and then, as in training.
  if (way !== 'sizes') return [i % 10 === 0 ? BATCH - 1 : BATCH, ...SHAPE];
  // No factor in common with the number of signatures: large and small ones are mixed.
  const at = (i * 769) % (SPAN * SPAN * BATCHES);
  const row = Math.floor(at / SPAN) % SPAN;
  return [1 + Math.floor(at / (SPAN * SPAN)), SMALLEST + row, SMALLEST + (at % SPAN), 3];
}

const pixels = Float32Array.from({ length: 2 ** 15 }, Math.random);
const samples: Sample[] = [];
for (let i = 1; i <= steps; i++) {
  const shape = shapeOf(i);
  const x = pixels.subarray(0, tf.util.sizeFromShape(shape));
  runStep(run, x, shape, Float32Array.of(0, 1, 0, 1).subarray(0, shape[0]));
  if (i % every === 0) {
    globalThis.gc!();
    samples.push({ step: i, resident: process.memoryUsage().rss, tensors: tf.memory().numTensors });
    // Buffers of the runtime are freed by finalizers, which run between tasks.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
console.log(JSON.stringify(samples));
process.exit(0);

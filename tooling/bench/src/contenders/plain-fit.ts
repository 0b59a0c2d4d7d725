// Trains in a process of its own by tfjs-layers' `model.fit` as it is (`fit`), or by the same step compiled (`batches`).
// An epoch of the case's images on request; see ../benchmarks/eager.ts.

import { buildNetwork, selectEngine } from '@sightline/models';
import { compile } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { serve } from '../child.ts';
import { software } from '../machine.ts';

export interface EagerCase {
  readonly shape: readonly number[];
  readonly batch: number;
  readonly batches: number;
}

/** tfjs-examples/mnist-node, model.js. */
function mnistNode(shape: readonly number[]): tfl.LayersModel {
  const { conv2d, dense, dropout, flatten, maxPooling2d } = tfl.layers;
  const conv = { kernelSize: 3, activation: 'relu' } as const;
  return tfl.sequential({
    layers: [
      conv2d({ ...conv, filters: 32, inputShape: [...shape] }),
      conv2d({ ...conv, filters: 32 }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ ...conv, filters: 64 }),
      conv2d({ ...conv, filters: 64 }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dropout({ rate: 0.25 }),
      dense({ units: 512, activation: 'relu' }),
      dropout({ rate: 0.5 }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  });
}

interface Network {
  readonly make: (shape: readonly number[]) => Promise<tfl.LayersModel> | tfl.LayersModel;
  readonly optimizer: () => tf.Optimizer;
  readonly loss: 'binaryCrossentropy' | 'categoricalCrossentropy';
  readonly units: number;
}

/** Noise can't be learned, and a network that diverges would be timed on NaN. */
const LEARNING_RATE = 1e-4;

const networks: Record<string, Network> = {
  baseline: {
    make: (shape) => buildNetwork('baseline', shape, 2, 1),
    optimizer: () => tf.train.adam(LEARNING_RATE),
    loss: 'binaryCrossentropy',
    units: 1,
  },
  'mnist-node': {
    make: mnistNode,
    optimizer: () => tf.train.rmsprop(LEARNING_RATE),
    loss: 'categoricalCrossentropy',
    units: 10,
  },
};

const [name, way, json] = process.argv.slice(2) as [string, 'fit' | 'batches', string];
const { shape, batch, batches } = JSON.parse(json) as EagerCase;
const { make, optimizer, loss, units } = networks[name]!;
await selectEngine('onnxruntime');
const rows = batch * batches;
const size = tf.util.sizeFromShape([...shape]);
const pixels = Float32Array.from({ length: rows * size }, Math.random);
const labels = new Float32Array(rows * units);
for (let row = 0; row < rows; row++) labels[row * units + Math.floor(Math.random() * units)] = 1;
const model = await make(shape);

async function fitter(): Promise<() => Promise<void>> {
  const [x, y] = [tf.tensor(pixels, [rows, ...shape]), tf.tensor(labels, [rows, units])];
  model.compile({ optimizer: optimizer(), loss });
  return async () => void (await model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 }));
}

function stepper(): () => Promise<void> {
  const own = optimizer();
  const step = compile((x: tf.Tensor, y: tf.Tensor) =>
    tf.tidy(() => {
      const lossOf = () => {
        const outputs = model.apply(x, { training: true }) as tf.Tensor;
        const terms = model.layers.flatMap((layer) => layer.calculateLosses());
        const errors = tfl.metrics[loss](y, outputs);
        return terms.reduce((sum, term) => tf.add(sum, term), tf.mean(errors)) as tf.Scalar;
      };
      return own.minimize(lossOf, true)!;
    }),
  );
  return async () => {
    for (let i = 0; i < batches; i++) {
      const x = tf.tensor(pixels.subarray(i * batch * size, (i + 1) * batch * size), [batch, ...shape]);
      const y = tf.tensor(labels.subarray(i * batch * units, (i + 1) * batch * units), [batch, units]);
      const mean = step(x, y);
      mean.dataSync();
      tf.dispose([x, y, mean]);
    }
  };
}

const epoch = way === 'fit' ? await fitter() : stepper();

await serve(software(), async (request) => {
  if (request.do === 'peak') return { bytes: process.resourceUsage().maxRSS * 1024 };
  const began = performance.now();
  await epoch();
  return { seconds: (performance.now() - began) / 1000 };
});
process.exit(0);

// The experiment's networks against Keras' parameter counts, and each network on the engine against the cpu backend.

import { readFileSync } from 'node:fs';
import { arraySource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import { selectEngine } from '../engine/select.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { layerTable } from '../inspect/layer-table.ts';
import { stripes } from '../testing/stripes.ts';
import { fit } from '../train/fit.ts';
import { airbenchOf } from './airbench.ts';
import { buildNetwork } from './build-network.ts';
import { minimumSizeOf, type Network, type NetworkName } from './index.ts';
import { layerOf, sequential } from './table.ts';

interface Dirac {
  channels: number;
  filters: number;
  kernel: number[];
}

/** Of PyTorch: tooling/fixtures/airbench.py. */
const reference = JSON.parse(
  readFileSync(new URL('../../test/fixtures/airbench.json', import.meta.url), 'utf8'),
) as { dirac: Dirac[] };

beforeAll(async () => {
  await selectEngine('cpu');
});

test('the baseline is the table of the experiment, with Keras’ parameters', async () => {
  const { layers, total } = layerTable(await buildNetwork('baseline', [64, 64, 3], 2, 1));
  expect(layers.map(({ type, outputShape, parameters }) => [type, outputShape, parameters])).toEqual([
    ['Conv2D', [null, 20, 20, 32], 2432],
    ['MaxPooling2D', [null, 10, 10, 32], 0],
    ['Conv2D', [null, 4, 4, 64], 18496],
    ['MaxPooling2D', [null, 2, 2, 64], 0],
    ['Flatten', [null, 256], 0],
    ['Dense', [null, 128], 32896],
    ['Dense', [null, 1], 129],
  ]);
  expect(total).toBe(53_953);
});

test.each(['baseline', 'residual', 'depthwise'] as const)(
  '%s starts from Glorot uniform kernels',
  async (name) => {
    const model = await buildNetwork(name, [64, 64, 3], 2, 3);
    for (const weight of model.weights) {
      const values = Float64Array.from(weight.read().dataSync());
      if (!weight.originalName.endsWith('kernel')) continue;
      const shape = weight.shape as number[];
      const field = shape.slice(0, -2).reduce((a, b) => a * b, 1);
      const limit = Math.sqrt(6 / (field * (shape.at(-2)! + shape.at(-1)!)));
      const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
      expect(largest, weight.name).toBeLessThanOrEqual(limit);
      // A uniform's deviation is its limit over the root of 3, estimated from as few as 128 numbers.
      expect(deviation / (limit / Math.sqrt(3)), weight.name).toBeGreaterThan(0.85);
      expect(deviation / (limit / Math.sqrt(3)), weight.name).toBeLessThan(1.15);
    }
  },
);

test('airbench has the parameters of airbench94, and starts as PyTorch starts it', async () => {
  const model = await buildNetwork('airbench', [32, 32, 3], 10, 1);
  const norms = 2 * 64 + 4 * 256;
  // Without the two moving statistics of each channel, which are no parameters there.
  expect(layerTable(model).total - 2 * norms).toBe(
    24 * 12 + 24 + 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256) + norms + 10 * 256,
  );
  const kernels = model.weights.filter(({ originalName }) => originalName.endsWith('kernel'));
  const random = (values: Float32Array, bound: number) => {
    const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.99 * bound);
  };
  const [, first, second] = kernels.map((weight) => weight.read().dataSync() as Float32Array);
  const { dirac } = reference;
  // The filters behind the 24 that hand the input on.
  random(
    first!.filter((_, i) => i % 64 >= 24),
    1 / Math.sqrt(9 * 24),
  );
  expect([...first!.filter((_, i) => i % 64 < 24)]).toEqual(dirac[0]!.kernel);
  expect(second!.reduce((sum, v) => sum + v, 0)).toBe(64);
  random(kernels.at(-1)!.read().dataSync() as Float32Array, 1 / Math.sqrt(256));
});

test('of more channels than filters, the first ones are handed on', () => {
  const [, { channels, filters, kernel }] = reference.dirac as [unknown, Dirac];
  const layer = layerOf({ layer: 'conv', filters, kernelSize: 3, initializer: 'dirac' }, 'conv');
  tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [5, 5, channels] }), layer] });
  expect([...layer.weights[0]!.read().dataSync()]).toEqual(kernel);
});

test('the classifier on features: a map as VGG16 has, or flat as EfficientNet-Lite0 averages them', async () => {
  for (const shape of [[2, 2, 512], [2048]]) {
    const { total } = layerTable(await buildNetwork('dense-backend', shape, 2, 1));
    expect(total).toBe(2048 * 256 + 256 + 257);
  }
});

test.each(['baseline', 'residual', 'depthwise'] as const)('%s refuses flat features', async (name) => {
  await expect(buildNetwork(name, [1280], 2, 1)).rejects.toMatchObject({
    code: 'network',
    message: expect.stringMatching(/cannot take an input of 1280.*choose logistic or dense-backend\.$/),
  });
});

test('an input that is too small is refused with a sentence', async () => {
  await expect(buildNetwork('baseline', [16, 16, 3], 2, 1)).rejects.toThrow(
    /baseline needs a larger input than 16x16x3/,
  );
  await expect(buildNetwork('baseline', [64, 64, 3], 1, 1)).rejects.toThrow(/two classes or more/);
});

test.each(['baseline', 'residual', 'depthwise', 'airbench'] as const)(
  'the smallest images that %s says it takes are the smallest that it can be built for',
  async (name) => {
    const least = minimumSizeOf(name);
    (await buildNetwork(name, [least, least, 3], 2, 1)).dispose();
    if (least > 1) await expect(buildNetwork(name, [least - 1, 64, 3], 2, 1)).rejects.toThrow('network');
  },
);

const sizes: Record<NetworkName, number[]> = {
  baseline: [32, 32, 3],
  'dense-backend': [8, 8, 3],
  residual: [8, 8, 3],
  depthwise: [8, 8, 3],
  airbench: [25, 25, 3],
};

/** The cpu backend would take seconds for it at its full width. */
const narrow: Partial<Record<NetworkName, Network>> = { airbench: airbenchOf(4) };

test.each(Object.keys(sizes) as NetworkName[])('%s trains on onnxruntime as on cpu', async (name) => {
  const losses = async (engineName: 'cpu' | 'onnxruntime') => {
    const engine = await selectEngine(engineName);
    const model = await buildNetwork(narrow[name] ?? name, sizes[name], 3, 1);
    const rows = (n: number, seed: number) => stripes(n, sizes[name][0]!, 3, seed);
    const order = { batchSize: 4, seed: 1 };
    const data = {
      train: arraySource(rows(6, 1), { ...order, shuffle: true }),
      validation: arraySource(rows(4, 2), { ...order, shuffle: false }),
    };
    const optimizer = { name: 'sgd', learningRate: 0.002, momentum: 0.9 } as const;
    const { history } = await fit(model, data, { epochs: 2, engine, optimizer });
    return history.flatMap(({ loss, valLoss }) => [loss!, valLoss!]);
  };
  const expected = await losses('cpu');
  const got = await losses('onnxruntime');
  // float32 sums in another order, carried through four steps and enlarged by batch normalization of few rows.
  got.forEach((loss, i) => {
    expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-3);
  });
});

test('weights that a network function sets are kept; the others follow from the seed', async () => {
  const pretrained = (inputShape: readonly number[], classes: number) => {
    const model = sequential(
      'pretrained',
      [{ layer: 'flatten' }, { layer: 'dense', units: 4 }],
      inputShape,
      classes,
    );
    model.getLayer('dense1').setWeights([tf.fill([12, 4], 0.25), tf.fill([4], 3)]);
    return model;
  };
  const values = async (seed: number) => {
    const model = await buildNetwork(pretrained, [2, 2, 3], 2, seed);
    return model.weights.map((weight) => Array.from(weight.read().dataSync()));
  };
  const [kernel, bias, own] = await values(1);
  expect(new Set(kernel)).toEqual(new Set([0.25]));
  expect(new Set(bias)).toEqual(new Set([3]));
  expect((await values(1))[2]).toEqual(own);
  expect((await values(2))[2]).not.toEqual(own);
});

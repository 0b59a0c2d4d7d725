// Exported models run by ONNX Runtime, against the same layers on TensorFlow.js' cpu backend.

import { decodeModel } from '@sightline/onnx';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { perClass } from '@sightline/metrics';
import { beforeAll, expect, test } from 'vitest';
import { selectEngine } from '../engine/select.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { checkOnnx } from './check.ts';
import { exportOnnx } from './export.ts';

beforeAll(() => selectEngine('cpu'));

const L = tfl.layers;
const SIZE = [9, 10] as [number, number];

function pixels(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
}

/** Weights that nothing is symmetric in, moving variances kept positive. */
function disturb(model: tfl.LayersModel): void {
  model.weights.forEach((weight, k) => {
    const values = Float32Array.from(weight.read().dataSync(), (v, i) => v + 0.3 * Math.sin(i * 1.7 + k));
    if (weight.originalName.endsWith('moving_variance'))
      for (const [i, v] of values.entries()) values[i] = Math.abs(v) + 0.1;
    weight.write(tf.tensor(values, weight.shape as number[]));
  });
}

async function differs(model: tfl.LayersModel, names: string[], size: [number, number]): Promise<number> {
  disturb(model);
  const shape = [5, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const rows = pixels(shape.reduce((a, b) => a * b, 1));
  const bytes = exportOnnx(model, { classes: names, input: 'images', imageSize: size });
  const x = tf.tensor(
    Float32Array.from(rows, (v) => v / 255),
    shape,
  );
  const output = model.apply(x) as tf.Tensor;
  return checkOnnx(bytes, rows, shape, perClass(output.dataSync() as Float32Array, output.shape[1]!));
}

test('the baseline, with its classes and preprocessing inside', async () => {
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 1);
  expect(await differs(model, ['other', 'car'], [32, 32])).toBeLessThan(1e-5);
  const onnx = decodeModel(
    exportOnnx(model, { classes: ['other', 'car'], input: 'images', imageSize: [32, 32] }),
  );
  expect(onnx.graph.inputs).toMatchObject([{ name: 'image', dtype: 'uint8', shape: ['N', 32, 32, 3] }]);
  expect(onnx.graph.outputs).toMatchObject([{ name: 'probabilities', dtype: 'float32', shape: ['N', 2] }]);
  expect(onnx.metadata).toMatchObject({ classes: '["other","car"]', input: 'images', imageSize: '[32,32]' });
});

test('features go in as they are', async () => {
  const model = await buildNetwork('dense-backend', [2, 2, 8], 3, 1);
  disturb(model);
  const rows = Float32Array.from({ length: 4 * 32 }, (_, i) => Math.sin(i));
  const bytes = exportOnnx(model, { classes: ['a', 'b', 'c'], input: 'vgg16-features', imageSize: [64, 64] });
  const output = model.apply(tf.tensor(rows, [4, 2, 2, 8])) as tf.Tensor;
  await checkOnnx(bytes, rows, [4, 2, 2, 8], output.dataSync() as Float32Array);
});

const head = (x: tfl.SymbolicTensor) =>
  L.dense({ units: 3, activation: 'softmax' }).apply(L.flatten().apply(x)) as tfl.SymbolicTensor;
type Body = (x: tfl.SymbolicTensor) => tfl.SymbolicTensor;
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
  layer.apply(x) as tfl.SymbolicTensor;

const bodies: Record<string, Body> = {
  'same padding, stride 2': (x) =>
    apply(L.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }), x),
  'a wide kernel, dilated': (x) =>
    apply(
      L.conv2d({ filters: 4, kernelSize: [2, 3], dilationRate: 2, padding: 'same', activation: 'elu' }),
      x,
    ),
  'depthwise, then batch normalisation and ReLU 6': (x) =>
    apply(
      L.reLU({ maxValue: 6 }),
      apply(
        L.batchNormalization(),
        apply(L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }), x),
      ),
    ),
  separable: (x) => apply(L.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same' }), x),
  'max pooling, same': (x) => apply(L.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x),
  'average pooling, same': (x) => apply(L.averagePooling2d({ poolSize: 2, padding: 'same' }), x),
  'zero padding and cropping': (x) =>
    apply(
      L.cropping2D({
        cropping: [
          [0, 1],
          [2, 0],
        ],
      }),
      apply(
        L.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 3],
          ],
        }),
        x,
      ),
    ),
  'a residual sum': (x) => {
    const y = apply(L.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'swish' }), x);
    return apply(L.leakyReLU({ alpha: 0.1 }), apply(L.add(), [x, y]));
  },
  'branches joined': (x) =>
    apply(L.concatenate(), [x, apply(L.conv2d({ filters: 2, kernelSize: 1, activation: 'tanh' }), x)]),
  'a product, a maximum and an average': (x) => {
    const y = apply(L.activation({ activation: 'sigmoid' }), x);
    return apply(L.average(), [apply(L.multiply(), [x, y]), apply(L.maximum(), [x, y])]);
  },
  'a dense layer over channels, then a new shape': (x) =>
    apply(L.reshape({ targetShape: [10, 9, 4] }), apply(L.dense({ units: 4, activation: 'softplus' }), x)),
  'global pooling': (x) =>
    apply(
      L.reshape({ targetShape: [1, 1, 6] }),
      apply(L.concatenate(), [apply(L.globalAveragePooling2d({}), x), apply(L.globalMaxPooling2d({}), x)]),
    ),
  'a model in a model': (x) => {
    const inner = tfl.sequential({
      layers: [L.conv2d({ filters: 3, kernelSize: 3, inputShape: [...SIZE, 3] }), L.dropout({ rate: 0.5 })],
    });
    return inner.apply(x) as tfl.SymbolicTensor;
  },
};

test.each(Object.keys(bodies))('%s', async (name) => {
  const input = tfl.input({ shape: [...SIZE, 3] });
  const model = tfl.model({ inputs: input, outputs: head(bodies[name]!(input)) });
  expect(await differs(model, ['a', 'b', 'c'], SIZE)).toBeLessThan(1e-5);
});

test('what cannot be exported is named', () => {
  const input = tfl.input({ shape: [...SIZE, 3] });
  const upsampled = tfl.model({ inputs: input, outputs: head(apply(L.upSampling2d({ name: 'up' }), input)) });
  const metadata = { classes: ['a', 'b', 'c'], input: 'images' as const, imageSize: SIZE };
  expect(() => exportOnnx(upsampled, metadata)).toThrow(/up is a UpSampling2D/);
  const plain = tfl.model({ inputs: input, outputs: head(input) });
  expect(() => exportOnnx(plain, { ...metadata, classes: ['a', 'b'] })).toThrow(
    /3 classes apart, but 2 names/,
  );
});

test('a model that differs from what it was exported from is refused', async () => {
  const model = await buildNetwork('dense-backend', [2, 2, 8], 3, 1);
  const bytes = exportOnnx(model, { classes: ['a', 'b', 'c'], input: 'vgg16-features', imageSize: [64, 64] });
  const check = checkOnnx(bytes, new Float32Array(32), [1, 2, 2, 8], Float32Array.of(0.5, 0.25, 0.25));
  await expect(check).rejects.toThrow(/differs from the trained one/);
});

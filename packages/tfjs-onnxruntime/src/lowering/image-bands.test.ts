// Training in bands of two and of four images and one that is left over, against the cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { checkAll } from '../testing/against-cpu.ts';
import { IMAGE_CASES } from '../testing/gradients/images.ts';
import { numbers } from '../testing/numbers.ts';
import { BAND } from './image-bands.ts';

const IMAGES = 7;
const SIDE = 12;
const STEPS = 3;
const band = BAND.bytes;

beforeAll(() => {
  // Two images of the first convolutions.
  BAND.bytes = 16_000;
});
afterAll(() => {
  BAND.bytes = band;
});

/** Convolutions of several kinds, normalization, ReLUs, a residual sum, pooling, and a branch that takes its map whole. */
function network(): tfl.LayersModel {
  const { add, concatenate, conv2d, dense, depthwiseConv2d, globalAveragePooling2d, maxPooling2d } =
    tfl.layers;
  let seed = 1;
  const initializer = () => tfl.initializers.glorotUniform({ seed: seed++ });
  const conv = (filters: number, kernelSize: number, strides = 1) =>
    conv2d({ filters, kernelSize, strides, padding: 'same', kernelInitializer: initializer() });
  const apply = (x: tfl.SymbolicTensor, ...layers: tfl.layers.Layer[]) =>
    layers.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
  const relu = (maxValue?: number) => tfl.layers.reLU(maxValue === undefined ? {} : { maxValue });
  const image = tfl.input({ shape: [SIDE, SIDE, 2] });
  const stem = apply(image, conv(8, 3), tfl.layers.batchNormalization(), relu());
  const depthwise = depthwiseConv2d({
    kernelSize: 3,
    padding: 'same',
    depthwiseInitializer: initializer(),
  });
  const sum = add().apply([stem, apply(stem, depthwise, relu(6), conv(8, 1))]) as tfl.SymbolicTensor;
  const reversed = apply(sum, tfl.layers.permute({ dims: [2, 1, 3] }));
  const both = concatenate().apply([sum, reversed]) as tfl.SymbolicTensor;
  const features = apply(
    both,
    maxPooling2d({ poolSize: 2 }),
    conv(8, 3, 2),
    relu(),
    globalAveragePooling2d({}),
  );
  return tfl.model({
    inputs: image,
    outputs: apply(features, dense({ units: 1, kernelInitializer: initializer() })),
  });
}

/** Losses, and all weights after the last step. */
async function train(backend: string) {
  await tf.setBackend(backend);
  const model = network();
  const optimizer = tf.train.sgd(0.01);
  const step = (x: tf.Tensor, y: tf.Tensor) =>
    tf.tidy(
      () =>
        optimizer.minimize(() => {
          const error = tf.sub(model.apply(x, { training: true }) as tf.Tensor, y);
          return tf.mean(tf.square(error)) as tf.Scalar;
        }, true)!,
    );
  const compiled = backend === 'cpu' ? undefined : compile(step);
  const x = tf.tensor(numbers(IMAGES * SIDE * SIDE * 2, 1), [IMAGES, SIDE, SIDE, 2]);
  const y = tf.tensor(numbers(IMAGES, 2), [IMAGES, 1]);
  const losses = Array.from({ length: STEPS }, () => (compiled ?? step)(x, y).dataSync()[0]!);
  const weights = model.weights.map((weight) => ({
    name: weight.originalName,
    values: weight.read().dataSync() as Float32Array,
  }));
  const listing = compiled?.print() ?? '';
  compiled?.dispose();
  return { losses, weights, listing };
}

it('a network trains as on the cpu backend', async () => {
  const [expected, got] = [await train('cpu'), await train('onnxruntime')];
  expect(got.listing).toContain(`float32[2, ${SIDE}, ${SIDE}, 8]`);
  expect(got.listing).toContain(`float32[1, ${SIDE}, ${SIDE}, 8]`);
  expect(got.listing).toContain(`float32[4, ${SIDE / 4}, ${SIDE / 4}, 8]`);
  got.losses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected.losses[i]!, 4);
  });
  for (const [k, { name, values }] of got.weights.entries()) {
    const others = expected.weights[k]!.values;
    const scale = others.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2);
    // Sums of thousands of products in another order.
    const worst = others.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0);
    expect(worst / scale, name).toBeLessThan(1e-4);
  }
});

describe('one image a band, result and gradients equal the cpu backend of', () => {
  beforeAll(() => {
    BAND.bytes = 1;
  });
  it.each(['Conv2D', 'Conv2DBackpropInput', 'DepthwiseConv2dNative', 'MaxPool'])('%s', (kernel) =>
    checkAll(IMAGE_CASES[kernel]!),
  );
});

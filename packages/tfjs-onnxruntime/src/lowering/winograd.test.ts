// Against TensorFlow.js' cpu backend, on shapes too small for the rule that chooses this form.

import '@tensorflow/tfjs-backend-cpu';
import { encodeModel, GraphBuilder, type Value } from '@sightline/onnx';
import {
  isWinograd,
  Session,
  tensorOf,
  winogradFilterGradient,
  winogradForward,
  winogradInputGradient,
} from '@sightline/ort';
import * as tf from '@tensorflow/tfjs-core';
// tfjs-core registers no gradients by itself in Node; tfjs-layers does.
import '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { numbers } from '../testing/numbers.ts';
import { convInfo } from './conv.ts';
import { LoweringContext } from './lowering.ts';

type Shape = [number, number, number, number];
type Pad = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]];

const values = (shape: readonly number[], seed: number) => numbers(tf.util.sizeFromShape([...shape]), seed);

/** Runs a graph of inputs with these elements. */
function run(
  inputs: Record<string, { data: Float32Array; shape: readonly number[] }>,
  build: (context: LoweringContext, values: Record<string, Value>) => Record<string, Value>,
): Record<string, Float32Array> {
  const graph = new GraphBuilder('test');
  const named: Record<string, Value> = {};
  for (const [name, { shape }] of Object.entries(inputs)) named[name] = graph.input(name, 'float32', shape);
  const outputs = build(new LoweringContext(graph), named);
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
  const session = new Session(encodeModel(graph.build()), { provider: 'cpu' });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, tensorOf(data, 'float32', shape)]),
  );
  const results = session.run(feeds, Object.fromEntries(Object.keys(outputs).map((name) => [name, null])));
  session.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function expectClose(got: Float32Array, wanted: Float32Array): void {
  expect(got.length).toBe(wanted.length);
  const scale = wanted.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const worst = got.reduce((most, v, i) => Math.max(most, Math.abs(v - wanted[i]!)), 0);
  // Winograd in float32 loses about a digit: its transforms subtract what they have multiplied.
  expect(worst / scale).toBeLessThan(1e-5);
}

describe('forward and gradients equal the cpu backend', () => {
  beforeAll(() => tf.setBackend('cpu'));

  // The gradient is zero but in the images that are checked, so that TensorFlow.js' slow convolution sees these alone.
  it.each<[string, Shape, number, Pad, number[]?]>([
    ['whole tiles', [2, 8, 12, 16], 20, 'same'],
    ['tiles that overhang', [3, 10, 7, 17], 16, 'same'],
    ['no padding', [2, 9, 10, 16], 16, 'valid'],
    ['threes', [3, 6, 9, 17], 20, 'same'],
    ['threes that overhang', [2, 7, 5, 16], 16, 'valid'],
    ['one tile of threes', [2, 3, 3, 16], 16, 'same'],
    [
      'uneven padding',
      [2, 8, 7, 16],
      16,
      [
        [0, 0],
        [2, 0],
        [1, 2],
        [0, 0],
      ],
    ],
    // An image's transforms are 36 products of 64 tiles of 16 + 16 channels, 0.3 MB: 28 of them are a band.
    ['several bands', [30, 32, 32, 16], 16, 'same', [0, 27, 28, 29]],
  ])('%s', (_, shape, filters, pad, checked = [...Array(shape[0]).keys()]) => {
    const filterShape: Shape = [3, 3, shape[3], filters];
    const info = convInfo(shape, filterShape, { strides: 1, pad });
    expect(isWinograd(info)).toBe(true);
    const outSize = info.outHeight * info.outWidth * info.outChannels;
    const ofChecked = (array: Float32Array, [, ...image]: readonly number[]) =>
      tf.gather(tf.tensor(array, [shape[0], ...image]), checked);
    const x = values(shape, 1);
    const w = values(filterShape, 2);
    const dy = values(info.outShape, 3).map((v, i) => (checked.includes(Math.floor(i / outSize)) ? v : 0));
    const got = run(
      {
        x: { data: x, shape },
        w: { data: w, shape: filterShape },
        dy: { data: dy, shape: info.outShape },
      },
      (context, v) => ({
        y: winogradForward(context, v.x!, v.w!, info),
        dx: winogradInputGradient(context, v.dy!, v.w!, info),
        dw: winogradFilterGradient(context, v.x!, v.dy!, info),
      }),
    );
    const [image, kernel, gradient] = [
      ofChecked(x, shape),
      tf.tensor4d(w, filterShape),
      ofChecked(dy, info.outShape),
    ];
    const conv = (a: tf.Tensor, b: tf.Tensor) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad as 'same');
    const [dx, dw] = tf.grads(conv)([image, kernel], gradient);
    const close = (found: tf.Tensor, wanted: tf.Tensor) =>
      expectClose(found.dataSync() as Float32Array, wanted.dataSync() as Float32Array);
    close(ofChecked(got.y!, info.outShape), conv(image!, kernel!));
    close(ofChecked(got.dx!, shape), dx!);
    close(tf.tensor(got.dw!), tf.reshape(dw!, [-1]));
  });
});

describe('is left to other forms', () => {
  it.each([
    ['another kernel', [1, 16, 16, 16], [5, 5, 16, 16], 1],
    ['strides', [1, 16, 16, 16], [3, 3, 16, 16], 2],
    ['few channels', [1, 16, 16, 3], [3, 3, 3, 16], 1],
    ['too much overhang', [1, 5, 5, 16], [3, 3, 16, 16], 1],
  ])('%s', (_, shape, filterShape, strides) => {
    expect(isWinograd(convInfo(shape, filterShape, { strides, pad: 'same' }))).toBe(false);
  });
});

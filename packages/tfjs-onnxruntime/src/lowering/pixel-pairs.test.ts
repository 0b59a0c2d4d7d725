import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';
import { check } from '../testing/against-cpu.ts';
import { convInfo } from './conv.ts';
import { windowTable } from './patches.ts';
import { pairTable } from './pixel-pairs.ts';

type Shape4D = [number, number, number, number];

/** A convolution, its bias, Relu and 2x2 max pooling, as networks begin. */
const layer = (strides: number) => (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => {
  const z = tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, 'valid'), b);
  return tf.maxPool(tf.relu(z) as tf.Tensor4D, 2, 2, 'valid');
};

it.each<[string, Shape4D, Shape4D, number, RegExp]>([
  ['at places that are even and odd in turn', [2, 20, 20, 3], [5, 5, 3, 4], 1, /float32\[2, \d+, 15, 6\]/],
  ['at even places only', [2, 16, 16, 3], [5, 5, 3, 4], 2, /float32\[2, \d+, 15, 6\]/],
  ['side by side, with a pixel between them', [2, 20, 21, 3], [5, 5, 3, 4], 3, /float32\[2, \d+, 5, 18\]/],
  ['side by side', [2, 14, 14, 1], [4, 4, 1, 3], 2, /float32\[2, \d+, 4, 4\]/],
  ['of one channel and a wide kernel', [1, 16, 30, 1], [7, 7, 1, 2], 3, /float32\[1, \d+, 28, 2\]/],
])(
  'windows %s equal the cpu backend, and so do their gradients',
  async (_, shape, filter, strides, pairs) => {
    await check({ shapes: [shape, filter, [filter[3]]], op: layer(strides) });
    const step = compile(layer(strides), { traceFirst: true });
    step(tf.zeros(shape), tf.zeros(filter), tf.zeros([filter[3]]));
    expect(step.print()).toMatch(pairs);
    step.dispose();
  },
);

it.each<[string, Shape4D, Shape4D, number]>([
  ['of an odd width', [1, 20, 21, 3], [5, 5, 3, 4], 3],
  ['of many channels', [1, 20, 20, 8], [5, 5, 8, 4], 3],
])('images %s are gathered by pixels', async (_, shape, filter, strides) => {
  await check({ shapes: [shape, filter, [filter[3]]], op: layer(strides) });
  const info = convInfo(shape, filter, { strides, pad: 'valid' });
  expect(pairTable(windowTable(info), info)).toBeUndefined();
});

it('windows that lie differently in pairs, or reach out of the image, have no table of pairs', () => {
  const of = (pad: 'same' | 'valid', strides: number) => {
    const info = convInfo([1, 16, 16, 1], [5, 5, 1, 4], { strides, pad });
    return pairTable(windowTable(info), info);
  };
  expect(of('valid', 3)).toBeUndefined();
  expect(of('same', 2)).toBeUndefined();
  expect(of('valid', 2)).toMatchObject({ pairs: 3, before: 0, after: 1 });
});

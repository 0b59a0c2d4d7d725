// Convolutions large enough to be computed band by band; gradients.test.ts draws small ones.

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { check } from '../testing/against-cpu.ts';
import { convInfo, LARGE_PATCHES, patchBytes, usesWinograd } from './conv.ts';

it.each<[string, [number, number, number, number], [number, number, number, number], number]>([
  ['of two images a band, and one left over', [15, 48, 48, 16], [5, 5, 16, 2], 1],
  ['at a stride, of one image a band', [7, 101, 101, 30], [5, 5, 30, 2], 2],
])('%s equals the cpu backend, and so do its gradients', async (_, shape, filter, strides) => {
  const info = convInfo(shape, filter, { strides, pad: 'same' });
  // Else this tests nothing.
  expect(patchBytes(info)).toBeGreaterThan(LARGE_PATCHES);
  expect(usesWinograd(info)).toBe(false);
  const op = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, 'same');
  await check({ shapes: [shape, filter], op });
});

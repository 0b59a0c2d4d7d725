// Against the views of airbench in PyTorch (tooling/fixtures/airbench.py).

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { averageViews } from './average-views.ts';

const { views } = JSON.parse(
  readFileSync(new URL('../../test/fixtures/airbench.json', import.meta.url), 'utf8'),
) as { views: { image: number[]; weights: number[]; mirror: number[]; six: number[] } };

test('averages the logits of an image, its mirror image and both moved by a pixel', async () => {
  await tf.setBackend('cpu');
  const shape: [number, number, number, number] = [1, 5, 6, 2];
  const [image, weights] = [tf.tensor4d(views.image, shape), tf.tensor4d(views.weights, shape)];
  let calls = 0;
  const logits = (x: tf.Tensor) => {
    calls++;
    return tf.exp(tf.sum(tf.mul(x, weights), [1, 2, 3]));
  };
  const of = (count: 1 | 2 | 6) => averageViews(count, image, logits).dataSync()[0]!;
  const plain = logits(image).dataSync()[0]!;
  // A float32's last digits of an exponential.
  const isClose = (got: number, expected: number) => expect(Math.abs(got / expected - 1)).toBeLessThan(1e-5);
  isClose(of(1), plain);
  isClose(of(2), views.mirror[0]!);
  calls = 0;
  isClose(of(6), views.six[0]!);
  expect(calls).toBe(6);
});

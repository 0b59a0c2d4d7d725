// Against numpy's eigenvectors (tooling/fixtures/airbench.py).

import { readFileSync } from 'node:fs';
import { imageSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { airbenchOf } from '../networks/airbench.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { whiten } from './whitening.ts';

const reference = JSON.parse(
  readFileSync(new URL('../../test/fixtures/airbench.json', import.meta.url), 'utf8'),
) as { whitening: { shape: [number, number, number, number]; pixels: number[]; kernel: number[] } };

const { shape, pixels, kernel: expected } = reference.whitening;
const [n, height, width] = shape;

const source = (batchSize: number, images = n) =>
  imageSource(
    {
      data: Uint8Array.from({ length: images * height * width * 3 }, (_, i) => pixels[i % pixels.length]!),
      shape: [images, height, width, 3],
      labels: new Int32Array(images),
      classes: ['a', 'b'],
    } as never,
    { batchSize, seed: 1, shuffle: false, workers: 0 },
  );

test('the kernel of the first convolution holds the eigenvectors of its patches, and is frozen', async () => {
  await tf.setBackend('cpu');
  const model = await buildNetwork(airbenchOf(1), [height, width, 3], 2, 1);
  const trained = model.trainableWeights.length;
  // Images beyond those of the fixture, which are others, are not looked at.
  const unfreeze = await whiten(model, source(4, n + 3), { images: n, epsilon: 5e-4 });
  const layer = model.getLayer('conv1');
  const kernel = layer.weights
    .find(({ originalName }) => originalName === 'conv1/kernel')!
    .read()
    .dataSync();
  for (let filter = 0; filter < 12; filter++) {
    const at = (values: ArrayLike<number>, i: number) => values[i * 24 + filter]!;
    // The sign of an eigenvector is arbitrary: both are there, one of them twelve filters on.
    const sign = Math.sign(at(kernel, 0) * at(expected, 0));
    for (let i = 0; i < 12; i++) {
      // Of up to 4: standardized pixel values are float32 here, float64 there.
      expect(Math.abs(at(kernel, i) - sign * at(expected, i))).toBeLessThan(1e-4);
      expect(kernel[i * 24 + 12 + filter]).toBe(-at(kernel, i));
    }
  }
  expect(model.trainableWeights.length).toBe(trained - 1);
  expect(layer.trainableWeights.map(({ originalName }) => originalName)).toEqual(['conv1/bias']);
  unfreeze();
  expect(model.trainableWeights.length).toBe(trained);
});

test('a convolution with another number of filters is refused', async () => {
  await tf.setBackend('cpu');
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 1);
  await expect(whiten(model, source(4), { images: 4, epsilon: 1e-3 })).rejects.toThrow(
    'Whitening patches of 5x5x3 takes 150 filters, but the layer conv1 has 32.',
  );
});

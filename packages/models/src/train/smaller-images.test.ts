// Epochs on smaller images: what the network sees of each, and across a stop.

import { arraySource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { classifierOutputs } from '../evaluate/classifier-outputs.ts';
import { seedNetwork } from '../networks/seed.ts';
import { sequential } from '../networks/table.ts';
import { smallOptions, stoppedAndResumed, weightsOf } from '../testing/small-training.ts';
import { stripes } from '../testing/stripes.ts';
import { fit } from './fit.ts';
import { imagesOfEpoch } from './smaller-images.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

/** Pools over the whole image: takes any size. Its dropout stands before that, on maps. */
const network = (seed: number) =>
  seedNetwork(
    sequential(
      'pooled',
      [
        { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu' },
        { layer: 'norm' },
        { layer: 'dropout', rate: 0.3 },
        { layer: 'averagePool' },
      ],
      [8, 8, 3],
      2,
    ),
    seed,
  );

const data = () => {
  const order = { batchSize: 8, seed: 5 };
  return {
    train: arraySource(stripes(36, 8, 2), { ...order, shuffle: true }),
    validation: arraySource(stripes(18, 8, 2, 99), { ...order, shuffle: false }),
  };
};

const progressiveResizing = { scale: 0.75, epochs: 2, by: 'crop' } as const;

test('the first epochs see the middle of each image, or all of it scaled down', async () => {
  const model = await network(1);
  const outputs = classifierOutputs(model);
  // The value of a pixel is its place.
  const image = () => tf.tile(tf.reshape(tf.range(0, 64), [1, 8, 8, 1]), [1, 1, 1, 3]);
  const seen = (by: 'crop' | 'resize', epoch: number) => {
    const pixels = imagesOfEpoch(model, outputs, { scale: 0.5, epochs: 1, by })(image(), epoch);
    return tf.squeeze(tf.slice(pixels, [0, 0, 0, 0], [1, -1, -1, 1])).arraySync() as number[][];
  };
  expect(seen('crop', 0)).toEqual([18, 26, 34, 42].map((first) => [0, 1, 2, 3].map((i) => first + i)));
  // The mean of each 2x2 pixels: half a row and half a column further than their first.
  expect(seen('resize', 0)).toEqual([0, 16, 32, 48].map((first) => [0, 2, 4, 6].map((i) => first + i + 4.5)));
  expect(seen('crop', 1)).toHaveLength(8);
  model.dispose();
});

test('a run that is stopped between two steps ends like one that never was, and trains otherwise than on whole images', async () => {
  const options = { epochs: 3, progressiveResizing };
  const whole = await network(3);
  const { history } = await fit(whole, data(), smallOptions(engine, options));
  expect(history).toHaveLength(3);
  const plain = await network(3);
  await fit(plain, data(), smallOptions(engine, { epochs: 3 }));
  expect(weightsOf(plain)).not.toEqual(weightsOf(whole));
  for (const stop of [3, 9, 12]) {
    const weights = await stoppedAndResumed(stop, () => network(3), data, smallOptions(engine, options));
    expect(weights).toEqual(weightsOf(whole));
  }
});

test('a network that takes one size only, or no images, is refused', async () => {
  const flat = await seedNetwork(sequential('flat', [{ layer: 'flatten' }], [8, 8, 3], 2), 1);
  await expect(fit(flat, data(), smallOptions(engine, { progressiveResizing }))).rejects.toThrow(
    'progressiveResizing asks for images of 6x6 pixels, and the network takes none but 8x8.',
  );
  const rows = await seedNetwork(sequential('rows', [], [4], 2), 1);
  const source = arraySource(
    { data: new Float32Array(16), shape: [4, 4], labels: Int32Array.of(0, 1, 0, 1), classes: ['a', 'b'] },
    { batchSize: 4, seed: 1, shuffle: false },
  );
  await expect(
    fit(rows, { train: source, validation: source }, smallOptions(engine, { progressiveResizing })),
  ).rejects.toThrow('the network takes none of a known size');
});

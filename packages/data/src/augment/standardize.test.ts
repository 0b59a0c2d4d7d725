// Standardized pixels equal Keras' (tooling/fixtures/data.py), have mean 0 and deviation 1 in every channel, and come
// out of a source so.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { imageSource } from '../batch/image-source.ts';
import { featureStatistics, type Samplewise } from './standardize.ts';

const data = new Uint8Array(new SharedArrayBuffer(6 * 4 * 4 * 3));
data.forEach((_, i) => {
  data[i] = i % 3 === 2 ? 9 : (i * 53 + (i >> 3)) % (i % 3 === 0 ? 250 : 60);
});
const images = {
  data,
  shape: [6, 4, 4, 3] as const,
  labels: new Int32Array(6),
  paths: [],
  classes: ['a', 'b'],
};

interface KerasWays {
  featurewise_center?: true;
  featurewise_std_normalization?: true;
  samplewise_center?: true;
  samplewise_std_normalization?: true;
}

const file = new URL('../../test/fixtures/keras.json', import.meta.url);
const { standardize: fixture } = JSON.parse(readFileSync(file, 'utf8')) as {
  standardize: {
    shape: [number, number, number, 3];
    images: string;
    cases: { way: KerasWays; expected: string }[];
  };
};

describe("equals Keras' ImageDataGenerator.standardize", () => {
  const [count] = fixture.shape;
  const pixels = Buffer.from(fixture.images, 'base64');
  const shared = new Uint8Array(new SharedArrayBuffer(pixels.length));
  shared.set(pixels);
  const set = {
    data: shared,
    shape: fixture.shape,
    labels: new Int32Array(count),
    paths: [],
    classes: ['a'],
  };
  it.each(fixture.cases)('$way', async ({ way, expected }) => {
    const want = new Float32Array(Uint8Array.from(Buffer.from(expected, 'base64')).buffer);
    const { mean, deviation } = featureStatistics(set, 1);
    const statistics = {
      mean: way.featurewise_center ? mean : ([0, 0, 0] as const),
      deviation: way.featurewise_std_normalization ? deviation : ([1, 1, 1] as const),
    };
    const samplewise: Samplewise | undefined =
      way.samplewise_std_normalization !== undefined ? 'standardize' : way.samplewise_center && 'center';
    const options = {
      ...{ batchSize: count, seed: 1, shuffle: false, rescale: 1, workers: 0 },
      ...(samplewise !== undefined ? { samplewise } : {}),
      ...(way.featurewise_center ? { statistics } : {}),
    };
    for await (const { x } of imageSource(set, options).batches(0)) {
      const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!)), 0);
      // Levels up to 255 in floats, summed by Keras in floats too; a deviation of 1 is divided by with its guard, 1e-6.
      expect(worst).toBeLessThan(1e-3);
    }
  });
});

it('gives mean 0 and deviation 1, and leaves a flat channel at 0', async () => {
  const statistics = featureStatistics(images);
  const source = imageSource(images, { batchSize: 6, seed: 1, shuffle: true, statistics, workers: 1 });
  for await (const { x } of source.batches(0)) {
    for (const channel of [0, 1, 2]) {
      const values = [...x].filter((_, i) => i % 3 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      // The guard against zero takes 1e-6 of a deviation of about 0.1 to 0.3; of a flat channel's it leaves 1e-6, by
      // which a float's last bit (2e-9) is divided.
      expect(mean).toBeCloseTo(0, channel === 2 ? 2 : 3);
      expect(variance).toBeCloseTo(channel === 2 ? 0 : 1, 3);
    }
  }
});

it('takes another scale', async () => {
  const source = imageSource(images, { batchSize: 6, seed: 1, shuffle: false, rescale: 1, workers: 0 });
  for await (const { x } of source.batches(0)) expect([...x]).toEqual([...data]);
});

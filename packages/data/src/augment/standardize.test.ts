// Standardized pixels have mean 0 and deviation 1 in every channel, and come out of a source so.

import { expect, it } from 'vitest';
import { imageSource } from '../batch/image-source.ts';
import { featureStatistics } from './standardize.ts';

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

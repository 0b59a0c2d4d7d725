import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFeatures, writeFeatures } from './features.ts';
import { writeNpy } from './npy.ts';

const features = {
  dataHash: 'ab'.repeat(32),
  weights: 'embedded',
  provider: 'cpu',
  classes: ['other', 'car'],
  rows: [
    { path: 'train/car/1.png', label: 1 },
    { path: 'train/other/2.png', label: 0 },
  ],
  shape: [2, 1, 1, 3],
  data: Float32Array.of(1, 2, 3, 4, 5, 6),
};

test('features are read as they were written, rows beside their images', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-features-'));
  writeFeatures(dir, 'train', features);
  expect(readFeatures(dir, 'train')).toEqual(features);
  expect(() => readFeatures(dir, 'validation')).toThrow(/validation\.json: there is no such file/);
  writeNpy(join(dir, 'train.npy'), { data: new Float32Array(3), shape: [1, 1, 1, 3] });
  expect(() => readFeatures(dir, 'train')).toThrow(/train\.npy has 1 rows, train\.json names 2/);
});

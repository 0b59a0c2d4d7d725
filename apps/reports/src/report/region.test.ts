import { expect, test } from 'vitest';
import { regionOf } from './region.ts';

const landscape = { width: 200, height: 100 };
const portrait = { width: 100, height: 200 };

test.each([
  ['stretch', landscape, { width: 1, height: 0.5 }],
  ['crop', landscape, { width: 0.5, height: 0.5 }],
  ['pad', landscape, { width: 1, height: 1 }],
  ['stretch', portrait, { width: 0.5, height: 1 }],
  ['crop', portrait, { width: 0.5, height: 0.5 }],
  ['pad', portrait, { width: 1, height: 1 }],
] as const)('%s of a photograph %o for a square network covers %o', (fit, photo, region) => {
  expect(regionOf(photo, [64, 64], fit)).toEqual(region);
});

test('a crop has the shape of what the network sees', () => {
  const { width, height } = regionOf(landscape, [100, 50], 'crop');
  expect(width / height).toBeCloseTo(0.5);
  expect(height).toBe(0.5);
});

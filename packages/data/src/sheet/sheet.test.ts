// Sheets show every class, and what was done to each image.

import { expect, it } from 'vitest';
import { augmentedTiles, sampleTiles } from './sheet.ts';

const data = new Uint8Array(new SharedArrayBuffer(9 * 4 * 4 * 3));
data.forEach((_, i) => {
  data[i] = i % 251;
});
const images = {
  data,
  shape: [9, 4, 4, 3] as const,
  labels: Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 2),
  paths: Array.from({ length: 9 }, (_, i) => `${i}.png`),
  classes: ['a', 'b', 'c'],
};

it('takes classes in turn, the same for a seed', () => {
  const tiles = sampleTiles(images, 7, 1);
  expect(tiles.map(({ label }) => label)).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'a']);
  expect(sampleTiles(images, 7, 1)).toEqual(tiles);
  expect(new Set(sampleTiles(images, 20, 2).map(({ path }) => path)).size).toBe(9);
});

it('shows before, after and what was done', () => {
  const tiles = augmentedTiles(images, [3, 8], { rotation: 30, verticalFlip: true }, 2, 5);
  expect(tiles.map(({ path }) => path)).toEqual(['3.png', '3.png', '3.png', '8.png', '8.png', '8.png']);
  expect(tiles[0]!.parameters).toEqual({});
  expect([...tiles[0]!.image.data]).toEqual([...data.subarray(3 * 48, 4 * 48)]);
  for (const { parameters, image } of [tiles[1]!, tiles[2]!, tiles[4]!]) {
    expect(Object.keys(parameters).filter((name) => name !== 'verticalFlip')).toEqual(['rotation']);
    expect(image.data).toHaveLength(48);
  }
  expect(tiles[1]!.parameters).not.toEqual(tiles[2]!.parameters);
});

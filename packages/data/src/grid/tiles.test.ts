// Tiles show every class, and what was done to each image.

import { expect, it } from 'vitest';
import { describeAugmentation } from '../augment/augmentation.ts';
import { augmentedTiles, sampleTiles } from './tiles.ts';

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

it('mixes an image with the next, and says how much of it', () => {
  const [, first, , last] = augmentedTiles(images, [0, 6], { mix: { kind: 'mixup', alpha: 5 } }, 1, 2);
  for (const [tile, own, other] of [
    [first!, 0, 6],
    [last!, 6, 0],
  ] as const) {
    const { share, path, label } = tile.parameters.mix as { share: number; path: string; label: string };
    expect([path, label]).toEqual([`${other}.png`, other === 6 ? 'b' : 'a']);
    const want = Array.from({ length: 48 }, (_, i) =>
      Math.round(share * data[own * 48 + i]! + (1 - share) * data[other * 48 + i]!),
    );
    // A half may be rounded either way.
    tile.image.data.forEach((value, i) => {
      expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(1);
    });
    expect(describeAugmentation(tile.parameters)).toBe(
      `${Math.round((1 - share) * 100)}% of another image (${label}) mixed in`,
    );
  }
  const [, cut] = augmentedTiles(images, [0, 6], { mix: { kind: 'cutmix' } }, 1, 3);
  expect(describeAugmentation(cut!.parameters)).toMatch(/^\d+% covered by another image \(b\)$/);
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

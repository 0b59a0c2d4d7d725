import { describe, expect, test } from 'vitest';
import { mapTile } from './feature-map.ts';

describe.each([
  [40, 40],
  [40, 60],
  [8, 8],
  [300, 200],
])('the picture of an image of %i x %i pixels', (height, width) => {
  test('stays where the memory of the image is given back', () => {
    const data = Uint8Array.from({ length: height * width * 3 }, () => 200);
    const tile = mapTile({ data, height, width });
    data.buffer.transfer(0);
    expect(tile).toEqual(new Uint8Array(40 * 40 * 3).fill(200));
  });
});

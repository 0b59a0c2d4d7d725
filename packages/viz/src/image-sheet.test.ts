import { enlarge } from '@sightline/image';
import { expect, test } from 'vitest';
import { imageSheet } from './image-sheet.ts';

/** Images of 2 x 3 whose bytes all are their own number. */
function numbered(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 18 }, (_, i) => Math.trunc(i / 18) + 1);
}

test('images lie row by row without a gap, and a full sheet needs no transparency', () => {
  const sheet = imageSheet(numbered(4), [4, 2, 3, 3], { columns: 2 });
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([6, 4, 3]);
  const at = (x: number, y: number) => sheet.data[(y * sheet.width + x) * 3];
  expect([at(0, 0), at(3, 1), at(2, 2), at(5, 3)]).toEqual([1, 2, 3, 4]);
  expect({ tile: sheet.tile, columns: sheet.columns }).toEqual({ tile: [2, 3], columns: 2 });
});

test('what is left over in the last row is transparent', () => {
  const sheet = imageSheet(numbered(3), [3, 2, 3, 3], { columns: 2 });
  const at = (x: number, y: number) => [
    ...sheet.data.subarray((y * sheet.width + x) * 4, (y * sheet.width + x) * 4 + 4),
  ];
  expect(at(0, 2)).toEqual([3, 3, 3, 255]);
  expect(at(3, 2)).toEqual([0, 0, 0, 0]);
});

test('fewer images than columns make a sheet of one short row', () => {
  expect(imageSheet(numbered(3), [3, 2, 3, 3])).toMatchObject({ width: 9, height: 2, columns: 3 });
});

test('a wrong number of bytes, or no image, is refused', () => {
  expect(() => imageSheet(numbered(3), [4, 2, 3, 3])).toThrow('[4, 2, 3, 3] and 54 bytes came');
  expect(() => imageSheet(new Uint8Array(0), [0, 2, 3, 3])).toThrow('at least one image');
});

test('enlarging repeats pixels', () => {
  const image = enlarge({ data: Uint8Array.of(1, 2, 3, 4), width: 2, height: 2, channels: 1 }, 2);
  expect([...image.data]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  expect(() => enlarge(image, 1.5)).toThrow('whole number of at least 1, not 1.5');
});

import { expect, test } from 'vitest';
import { glyphsOf, wrapText } from './bitmap-font.ts';
import { captionedSheet } from './captioned-sheet.ts';
import { expectPicture } from './picture-snapshot.ts';

/** A square of one color, with a white corner. */
function square(color: readonly [number, number, number], side = 44) {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => color[i % 3]!);
  data.fill(255, 0, 3);
  return { data, width: side, height: side };
}

test('a sheet with every character, as a picture', () => {
  const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  const sheet = captionedSheet(
    [
      { image: square([180, 40, 40]), title: 'other', detail: 'as it is' },
      { image: square([40, 120, 40]), title: 'other', detail: 'turned +12.4°, flipped, Ünïcode 🚗 ± × − …' },
      { image: square([40, 40, 160]), title: letters.slice(0, 48) },
      { image: square([200, 200, 90]), title: letters.slice(48) },
    ],
    { columns: 4, group: 2 },
  );
  expectPicture(sheet, 'captioned-sheet.png');
});

test('images are enlarged whole, stand where they should, and words lie below them', () => {
  const image = square([10, 20, 30]);
  const sheet = captionedSheet(
    [
      { image, title: 'a' },
      { image, title: 'b' },
      { image, title: '' },
    ],
    {
      columns: 2,
    },
  );
  const at = (x: number, y: number) => [...sheet.data.subarray((y * sheet.width + x) * 3).subarray(0, 3)];
  // 44 pixels four times are 176, between margins of 24 and with a gap of 12.
  expect(sheet.width).toBe(24 + 176 + 12 + 176 + 24);
  expect([at(24, 24), at(27, 27), at(28, 24), at(24 + 176 + 12, 24)]).toEqual([
    [255, 255, 255],
    [255, 255, 255],
    [10, 20, 30],
    [255, 255, 255],
  ]);
  const isInk = (left: number, top: number, right: number, bottom: number) => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (at(x, y)[0] === 28) return true;
    return false;
  };
  expect(isInk(24, 206, 36, 226)).toBe(true);
  expect(isInk(36, 206, 24 + 176, 226)).toBe(false);
  expect(isInk(0, 0, sheet.width, 24)).toBe(false);
});

test('no two characters look alike but the two dashes, and accents are left off', () => {
  const all = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), '°', '±', '×', '…'];
  expect(new Set(all.map((character) => glyphsOf(character).join())).size).toBe(all.length);
  expect(glyphsOf('é')).toEqual(glyphsOf('e'));
  expect(glyphsOf('−')).toEqual(glyphsOf('-'));
});

test('text breaks between words, and within those that are too long', () => {
  expect(wrapText('a bb ccc', 4)).toEqual(['a bb', 'ccc']);
  expect(wrapText('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
  expect(wrapText('', 4)).toEqual([]);
});

test('no tiles, tiles of two sizes and no columns are refused', () => {
  const tile = { image: square([1, 2, 3]), title: '' };
  expect(() => captionedSheet([], { columns: 1 })).toThrow('at least one image');
  expect(() => captionedSheet([tile, { image: square([1, 2, 3], 5), title: '' }], { columns: 1 })).toThrow(
    '44 x 44 pixels, as its first has',
  );
  expect(() => captionedSheet([tile], { columns: 0 })).toThrow('at least 1, not 0');
});

// Resizing equals Pillow's to the last bit (fixtures: tooling/fixtures/data.py).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Interpolation } from './filters.ts';
import { type Fit, resizeImage, resizeSettings } from './resize.ts';

interface Fixture {
  shape: [number, number, number];
  image: string;
  cases: { interpolation: Interpolation; size: [number, number]; fit: Fit; expected: string }[];
}

const file = new URL('../test/fixtures/pillow.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const [height, width] = fixture.shape;
const image = { data: Uint8Array.from(Buffer.from(fixture.image, 'base64')), height, width };

describe('equals Pillow', () => {
  it.each(fixture.cases)('$interpolation $fit to $size', ({ interpolation, size, fit, expected }) => {
    const out = resizeImage(image, size, { interpolation, fit });
    expect([out.height, out.width]).toEqual(size);
    expect(Buffer.from(out.data).equals(Buffer.from(expected, 'base64'))).toBe(true);
  });
});

describe('pad', () => {
  it('centres the whole picture between black', () => {
    const white = { data: new Uint8Array(4 * 2 * 3).fill(255), height: 2, width: 4 };
    const out = resizeImage(white, [8, 8], { fit: 'pad' });
    const rows = Array.from({ length: 8 }, (_, y) =>
      out.data.subarray(y * 24, y * 24 + 24).every((v) => v === 255),
    );
    expect(rows).toEqual([false, false, true, true, true, true, false, false]);
  });
});

describe('bad options', () => {
  it('says what was expected and what came', () => {
    expect(() => resizeSettings({ size: [0, 64] })).toThrow(/whole numbers from 1 to 4096.*0,64/);
    expect(() => resizeSettings({ size: [8, 8], interpolation: 'linear' as Interpolation })).toThrow(
      /one of nearest/,
    );
    expect(() => resizeSettings({ size: [8, 8], fit: 'squash' as Fit })).toThrow(/one of stretch, crop, pad/);
  });
});

describe('crop fraction', () => {
  it('keeps the middle part of the crop', () => {
    // Columns 0 to 9 hold their number; the middle half of the middle square of 8 is columns 3 to 6.
    const data = Uint8Array.from({ length: 8 * 10 * 3 }, (_, i) => Math.floor(i / 3) % 10);
    const out = resizeImage({ data, height: 8, width: 10 }, [4, 4], { fit: 'crop', cropFraction: 0.5 });
    expect([0, 3, 6, 9].map((i) => out.data[i])).toEqual([3, 4, 5, 6]);
  });
});

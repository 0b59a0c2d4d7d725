// Resizing equals Pillow's to the last bit (fixtures: tooling/fixtures/data.py).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkResize, type Fit, fitImage } from './fit-image.ts';
import type { Interpolation } from './resize-filter.ts';

interface Fixture {
  shape: [number, number, number];
  image: string;
  cases: { interpolation: Interpolation; size: [number, number]; fit: Fit; expected: string }[];
}

const file = new URL('../../test/fixtures/pillow.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const [height, width] = fixture.shape;
const image = { data: Uint8Array.from(Buffer.from(fixture.image, 'base64')), height, width };

describe('equals Pillow', () => {
  it.each(fixture.cases)('$interpolation $fit to $size', ({ interpolation, size, fit, expected }) => {
    const out = fitImage(image, checkResize({ size, interpolation, fit }));
    expect([out.height, out.width]).toEqual(size);
    expect(Buffer.from(out.data).equals(Buffer.from(expected, 'base64'))).toBe(true);
  });
});

describe('pad', () => {
  it('centres the whole picture between black', () => {
    const white = { data: new Uint8Array(4 * 2 * 3).fill(255), height: 2, width: 4 };
    const out = fitImage(white, checkResize({ size: [8, 8], fit: 'pad' }));
    const rows = Array.from({ length: 8 }, (_, y) =>
      out.data.subarray(y * 24, y * 24 + 24).every((v) => v === 255),
    );
    expect(rows).toEqual([false, false, true, true, true, true, false, false]);
  });
});

describe('bad options', () => {
  it('says what was expected and what came', () => {
    expect(() => checkResize({ size: [0, 64] })).toThrow(/whole numbers from 1 to 4096.*0,64/);
    expect(() => checkResize({ size: [8, 8], interpolation: 'linear' as Interpolation })).toThrow(
      /one of nearest/,
    );
    expect(() => checkResize({ size: [8, 8], fit: 'squash' as Fit })).toThrow(/one of stretch, crop, pad/);
  });
});

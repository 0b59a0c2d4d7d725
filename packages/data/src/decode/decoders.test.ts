// Both decoders against Pillow and Keras, for every kind of file (fixture: tooling/fixtures/decode.py).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeRgb } from './decode-image.ts';
import { fastDecode } from './fast-decoder.ts';
import { sharpDecode } from './sharp-decoder.ts';
import { sniffImage } from './sniff.ts';

interface Case {
  name: string;
  height: number;
  width: number;
  /** Whether Keras' load_img gives the same pixels. */
  keras: boolean;
  file: string;
  expected: string;
}

const fixture = new URL('../../test/fixtures/decode.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };

/** Of 255: libraries of JPEG and AVIF round their transforms and color conversions differently. */
const TOLERANCE: Readonly<Record<string, number>> = { jpeg: 3, avif: 4 };

function worst(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe.each(cases)('$name', ({ name, height, width, keras, file, expected }) => {
  const bytes = new Uint8Array(Buffer.from(file, 'base64'));
  const want = Buffer.from(expected, 'base64');
  const tolerance = TOLERANCE[name.split(' ')[0]!] ?? 0;
  const header = sniffImage(bytes)!;

  it('is what Pillow gives, by the decoder that takes it and by sharp', async () => {
    const images = [await decodeRgb(bytes)];
    // sharp reads no BMP.
    if (header.format !== 'bmp') images.push(await sharpDecode(bytes, 1e6));
    // The fast decoder must be given nothing that it would read in another way.
    if (header.plain || header.format === 'bmp') images.push(fastDecode(bytes, header));
    for (const image of images) {
      expect([image.height, image.width]).toEqual([height, width]);
      expect(worst(image.data, want)).toBeLessThanOrEqual(tolerance);
    }
  });

  it('is what Keras gives, but where we differ on purpose (README.md)', () => {
    // Pillow itself turns a TIFF.
    const isTurned = name.includes('turned') && header.format !== 'tiff';
    const isTransparent = /alpha(?! zero)|transparent/.test(name) && name !== 'bmp alpha';
    expect(keras).toBe(!isTurned && !isTransparent && name !== 'png gray 16 bits');
  });
});

// The compiled loops do what the plain ones do, and are compiled from the source beside them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernels } from './build-kernels.ts';
import type { Taps } from './filters.ts';
import { resamplePixels, scalePixels, warpPixels } from './kernels.ts';
import { KERNELS_MODULE } from './kernels-module.ts';
import { warpAny } from './warp.ts';

it('are the compiled kernels.wat', async () => {
  expect(KERNELS_MODULE).toBe(await compileKernels());
});

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const image = fc.record({
  height: fc.integer({ min: 2, max: 40 }),
  width: fc.integer({ min: 2, max: 40 }),
  seed: fc.nat(),
});

function pixelsOf({ height, width, seed }: { height: number; width: number; seed: number }): Uint8Array {
  return Uint8Array.from(
    { length: height * width * 3 + 7 },
    (_, i) => Math.imul(i + seed, 2654435761) >>> 24,
  );
}

describe('warpPixels', () => {
  it('equals the plain warp for any map', () => {
    const map = fc.record({
      a: number(-3, 3),
      b: number(-3, 3),
      tr: number(-60, 60),
      c: number(-3, 3),
      d: number(-3, 3),
      tc: number(-60, 60),
    });
    fc.assert(
      fc.property(image, map, (shape, affine) => {
        const { height, width } = shape;
        const pixels = pixelsOf(shape);
        const size = height * width * 3;
        const [want, got] = [new Float32Array(size + 2), new Float32Array(size + 2)];
        warpAny(pixels, 7, height, width, affine, 'nearest', 0, { out: want, at: 1, scale: 1 });
        warpPixels(pixels, 7, height, width, affine, 1, got, 1);
        // Of 255, in floats instead of doubles; coordinates are summed along a row, to a few last bits of 180.
        const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
        expect(worst).toBeLessThan(1e-3);
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});

describe('resamplePixels', () => {
  it('equals Pillow’s loops for any taps, and large images too', () => {
    const weights = fc.array(fc.integer({ min: -(2 ** 22), max: 2 ** 22 }), { minLength: 4, maxLength: 4 });
    const taps = (from: number, to: number, chosen: readonly number[]) => ({
      start: Int32Array.from({ length: to }, (_, i) => Math.floor((i / to) * (from - 3))),
      count: Int32Array.from({ length: to }, (_, i) => (i % 3) + 1),
      weights: Int32Array.from({ length: to * 4 }, (_, i) => chosen[i % 4]! >> 1),
      stride: 4,
    });
    const side = fc.integer({ min: 4, max: 40 });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        weights,
        fc.nat(),
        (height, width, toHeight, toWidth, chosen, seed) => {
          const pixels = pixelsOf({ height, width, seed }).subarray(0, height * width * 3);
          const [across, down] = [taps(width, toWidth, chosen), taps(height, toHeight, chosen)];
          const got = resamplePixels(pixels, width * 3, across, toWidth, down, toHeight);
          expect(got).toEqual(plainResample(pixels, width, height, across, toWidth, down, toHeight));
        },
      ),
      { numRuns: 100, seed: 3 },
    );
    const pixels = pixelsOf({ height: 1500, width: 2500, seed: 1 }).subarray(0, 1500 * 2500 * 3);
    const [across, down] = [taps(2500, 30, [1 << 20]), taps(1500, 40, [1 << 20])];
    expect(resamplePixels(pixels, 7500, across, 30, down, 40)).toEqual(
      plainResample(pixels, 2500, 1500, across, 30, down, 40),
    );
  });
});

/** The loops of libImaging/Resample.c: whole numbers of 32 bits, rounded and clamped after each direction. */
function plainResample(
  pixels: Uint8Array,
  width: number,
  height: number,
  across: Taps,
  toWidth: number,
  down: Taps,
  toHeight: number,
): Uint8Array {
  const resample = (
    read: (position: number) => number,
    { start, count, weights, stride }: Taps,
    i: number,
  ) => {
    let sum = 1 << 21;
    for (let t = 0; t < count[i]!; t++)
      sum = (sum + Math.imul(read(start[i]! + t), weights[i * stride + t]!)) | 0;
    return Math.min(Math.max(sum >> 22, 0), 255);
  };
  const middle = new Uint8Array(height * toWidth * 3);
  for (let at = 0; at < middle.length; at++) {
    const [row, x, channel] = [Math.floor(at / (toWidth * 3)), Math.floor(at / 3) % toWidth, at % 3];
    middle[at] = resample((column) => pixels[(row * width + column) * 3 + channel]!, across, x);
  }
  const out = new Uint8Array(toHeight * toWidth * 3);
  for (let at = 0; at < out.length; at++) {
    const [y, rest] = [Math.floor(at / (toWidth * 3)), at % (toWidth * 3)];
    out[at] = resample((row) => middle[row * toWidth * 3 + rest]!, down, y);
  }
  return out;
}

describe('scalePixels', () => {
  it('multiplies every value and writes nothing else', () => {
    fc.assert(
      fc.property(image, (shape) => {
        const pixels = pixelsOf(shape);
        const size = shape.height * shape.width * 3;
        const out = new Float32Array(size + 4).fill(-1);
        scalePixels(pixels, 3, size, 1 / 255, out, 2);
        const scale = Math.fround(1 / 255);
        expect(out.subarray(2, size + 2)).toEqual(
          Float32Array.from(pixels.subarray(3, size + 3), (value) => value * scale),
        );
        expect([out[0], out[1], out[size + 2], out[size + 3]]).toEqual([-1, -1, -1, -1]);
      }),
      { numRuns: 50, seed: 2 },
    );
  });
});

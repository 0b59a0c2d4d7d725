// The compiled loops do what the plain ones do, and are compiled from the source beside them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernels } from './build-kernels.ts';
import { scalePixels, warpPixels } from './kernels.ts';
import { KERNELS_MODULE } from './kernels-module.ts';
import { warp } from './warp.ts';

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
        warp(pixels, 7, height, width, affine, 'nearest', 0, { out: want, at: 1, scale: 1 });
        warpPixels(pixels, 7, height, width, affine, 1, got, 1);
        // Levels, in floats instead of doubles; coordinates are summed along a row, to a few last bits of 180.
        const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
        expect(worst).toBeLessThan(1e-3);
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});

describe('scalePixels', () => {
  it('multiplies every level and writes nothing else', () => {
    fc.assert(
      fc.property(image, (shape) => {
        const pixels = pixelsOf(shape);
        const size = shape.height * shape.width * 3;
        const out = new Float32Array(size + 4).fill(-1);
        scalePixels(pixels, 3, size, 1 / 255, out, 2);
        const scale = Math.fround(1 / 255);
        expect(out.subarray(2, size + 2)).toEqual(
          Float32Array.from(pixels.subarray(3, size + 3), (level) => level * scale),
        );
        expect([out[0], out[1], out[size + 2], out[size + 3]]).toEqual([-1, -1, -1, -1]);
      }),
      { numRuns: 50, seed: 2 },
    );
  });
});

// What is drawn stays in its range, covers it, and is nothing where nothing was asked for.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AugmentationOptions, applyParameters, drawParameters, NEUTRAL } from './augmentation.ts';
import { randomFor, shuffled } from './random.ts';

const draws = (options: AugmentationOptions, count = 2000) =>
  Array.from({ length: count }, (_, i) => drawParameters(options, 20, 40, randomFor(3, i)));

describe('drawParameters', () => {
  it('draws nothing unless asked', () => {
    expect(draws({}, 1)).toEqual([NEUTRAL]);
  });

  it('keeps to its ranges and covers them', () => {
    const all = draws({
      rotation: 20,
      widthShift: 0.1,
      heightShift: 3,
      zoom: [0.5, 2],
      horizontalFlip: true,
      brightness: [0.2, 0.4],
    });
    const within = (values: number[], low: number, high: number) => {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThan(high);
      // Of 2,000 uniform draws, the farthest from an end misses it by more than 1% once in 10^8 runs.
      expect(Math.min(...values)).toBeLessThan(low + (high - low) * 0.01);
      expect(Math.max(...values)).toBeGreaterThan(high - (high - low) * 0.01);
    };
    within(
      all.map(({ rotation }) => rotation),
      -20,
      20,
    );
    within(
      all.map(({ widthShift }) => widthShift),
      -4,
      4,
    );
    within(
      all.map(({ heightShift }) => heightShift),
      -3,
      3,
    );
    within(
      all.map(({ zoom }) => zoom[1]),
      0.5,
      2,
    );
    within(
      all.map(({ brightness }) => brightness),
      0.2,
      0.4,
    );
    const flips = all.filter(({ horizontalFlip }) => horizontalFlip).length;
    expect(Math.abs(flips - 1000)).toBeLessThan(150);
  });

  it('crops inside of the image', () => {
    for (const { crop } of draws({ randomResizedCrop: {} }, 500)) {
      const { top, left, height, width } = crop!;
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(top + height).toBeLessThanOrEqual(20 + 1e-9);
      expect(left + width).toBeLessThanOrEqual(40 + 1e-9);
      expect(height * width).toBeGreaterThan(0.05 * 800);
    }
  });
});

describe('applyParameters', () => {
  const image = {
    pixels: Uint8Array.from({ length: 12 * 9 * 3 }, (_, i) => (i * 37) % 256),
    from: 0,
    height: 12,
    width: 9,
  };

  it('gives finite levels from 0 to 255 for anything that can be drawn', () => {
    const options = fc.record(
      {
        rotation: fc.double({ min: 0, max: 180, noNaN: true }),
        shear: fc.double({ min: 0, max: 80, noNaN: true }),
        zoom: fc.double({ min: 0, max: 0.9, noNaN: true }),
        widthShift: fc.double({ min: 0, max: 50, noNaN: true }),
        horizontalFlip: fc.boolean(),
        verticalFlip: fc.boolean(),
        randomResizedCrop: fc.constant({}),
        colorJitter: fc.constant({ brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 }),
        randAugment: fc.record({ count: fc.nat(5), magnitude: fc.nat(30) }),
        cutout: fc.double({ min: 0, max: 1, noNaN: true }),
        fill: fc.constantFrom('nearest' as const, 'constant' as const, 'reflect' as const, 'wrap' as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, fc.nat(), (drawn, seed) => {
        const out = new Float32Array(image.pixels.length);
        applyParameters(image, drawParameters(drawn, 12, 9, randomFor(seed)), drawn, out, 0, 1);
        // A float's last bits beyond white.
        expect(out.every((level) => level >= -1e-3 && level <= 255.001)).toBe(true);
      }),
      { numRuns: 400, seed: 5 },
    );
  });

  it('cuts a square out', () => {
    const out = new Float32Array(image.pixels.length);
    applyParameters(
      image,
      { ...NEUTRAL, cutout: { row: 6, column: 4, side: 4 } },
      { fillValue: 7 },
      out,
      0,
      1,
    );
    const cut = Array.from({ length: 12 * 9 }, (_, i) =>
      out.subarray(i * 3, i * 3 + 3).every((level) => level === 7),
    );
    expect(cut.filter(Boolean)).toHaveLength(16);
    expect(cut[4 * 9 + 2] && cut[7 * 9 + 5]).toBe(true);
  });

  it('draws a crop over the whole image', () => {
    const ramp = {
      ...image,
      pixels: Uint8Array.from({ length: 12 * 9 * 3 }, (_, i) => Math.floor(i / 27) * 10),
    };
    const out = new Float32Array(image.pixels.length);
    applyParameters(ramp, { ...NEUTRAL, crop: { top: 3, left: 0, height: 6, width: 9 } }, {}, out, 0, 1);
    // Rows 3 to 8 over twelve rows: half a row apart, beginning a quarter before the third's centre.
    expect([out[0], out[27], out[11 * 27]]).toEqual([27.5, 32.5, 82.5]);
  });
});

describe('random streams', () => {
  it('differ by every part of their key', () => {
    const keys = [
      [1, 2, 3],
      [1, 2, 4],
      [1, 3, 3],
      [2, 2, 3],
      [2 ** 40, 2, 3],
      [2 ** 41, 2, 3],
      [-1, 2, 3],
      [1, 2],
      [3, 2, 1],
    ];
    const firsts = keys.map((key) => randomFor(...key).next());
    expect(new Set(firsts).size).toBe(keys.length);
    expect(randomFor(1, 2, 3).next()).toBe(firsts[0]);
  });

  it('are uniform across neighbouring keys', () => {
    const counts = new Array<number>(20).fill(0);
    for (let i = 0; i < 20_000; i++) counts[Math.floor(randomFor(7, 2, i % 15, i).next() * 20)]!++;
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 19 degrees of freedom: above 50 once in 10,000 seeds.
    expect(chi).toBeLessThan(50);
  });

  it('shuffle without losing any', () => {
    expect([...shuffled(100, randomFor(1))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });
});

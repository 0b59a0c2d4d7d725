// Operations on pixel values against Pillow's (fixtures: tooling/fixtures/data.py), and mixing against its definition.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomFor } from '../../random/random.ts';
import { mix } from './mix.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  autoContrast,
  equalize,
  posterize,
  sharpen,
  solarize,
  turnHue,
} from './pixel-values.ts';

interface Fixture {
  shape: [number, number, number];
  image: string;
  cases: { name: string; amount: number; expected: string }[];
}

const file = new URL('../../../test/fixtures/keras.json', import.meta.url);
const { levels } = JSON.parse(readFileSync(file, 'utf8')) as { levels: Fixture };
const [height, width] = levels.shape;
const source = Uint8Array.from(Buffer.from(levels.image, 'base64'));

const operations: Record<string, (image: Float32Array, amount: number) => void> = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: turnHue,
  sharpness: (image, factor) => sharpen(image, factor, { height, width }),
  posterize,
  solarize,
  autoContrast: (image) => {
    image.forEach((value, i) => {
      image[i] = Math.floor(value / 3) + 20;
    });
    autoContrast(image);
  },
  equalize,
};

describe('equals Pillow', () => {
  it.each(levels.cases)('$name by $amount', ({ name, amount, expected }) => {
    const image = Float32Array.from(source);
    operations[name]!(image, amount);
    const want = Buffer.from(expected, 'base64');
    // Pillow keeps whole values after each step, here they stay fractions: up to 1 of 255, and for saturation and
    // sharpness, whose base is rounded before it is multiplied, up to 2.
    const tolerance = ['saturation', 'sharpness'].includes(name) ? 2 : 1;
    const worst = image.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
});

const SQUARE = { height: 4, width: 4 };

describe('mixing', () => {
  const images = () => Float32Array.from({ length: 5 * 48 }, (_, i) => Math.floor(i / 48));

  it('blends rows and labels by one share', () => {
    const sampled = mix.sample({ kind: 'mixup' }, SQUARE, randomFor(1));
    const mixed = images();
    mix.apply(mixed, 5, SQUARE, sampled);
    expect(mixed[0]).toBeCloseTo(4 * (1 - sampled.share), 6);
    expect(mixed[4 * 48]).toBeCloseTo(4 * sampled.share, 6);
    expect(mixed[2 * 48]).toBe(2);
    const targets = mix.targets(Float32Array.of(0, 1, 1, 0, 1), 2, sampled);
    expect([...targets.subarray(0, 2)]).toEqual([Math.fround(sampled.share), Math.fround(1 - sampled.share)]);
    expect([...targets.subarray(4, 6)]).toEqual([0, 1]);
  });

  it('cuts a box whose area is the label’s share', () => {
    for (let seed = 0; seed < 50; seed++) {
      const sampled = mix.sample({ kind: 'cutmix' }, SQUARE, randomFor(seed));
      const mixed = images();
      mix.apply(mixed, 5, SQUARE, sampled);
      const own = mixed.subarray(0, 48).filter((value) => value === 0).length / 48;
      expect(own).toBeCloseTo(sampled.share, 6);
      expect(mixed.subarray(0, 48).every((value) => value === 0 || value === 4)).toBe(true);
    }
  });

  it.each([0.2, 1, 4])('samples shares from Beta(%f, %f)', (alpha) => {
    const shares = Array.from(
      { length: 4000 },
      (_, seed) => mix.sample({ kind: 'mixup', alpha }, SQUARE, randomFor(seed)).share,
    );
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    // Four standard errors of 4,000 draws are below 0.03 for the mean; the variance is 1 / (4 (2 alpha + 1)).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1 / (4 * (2 * alpha + 1)))).toBeLessThan(0.015);
  });
});

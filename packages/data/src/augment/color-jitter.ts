// Colour jitter, as torchvision has it: brightness, contrast, saturation and hue, each by a random amount. An image is
// floats in levels, RGB, changed in place; the formulas are Pillow's ImageEnhance without its rounding.

import type { Random } from './random.ts';

export interface ColorJitterRange {
  /** Factors 1 - range to 1 + range, never below 0. */
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  /** Turns of the colour circle, within +-range; at most 0.5. */
  readonly hue?: number;
}

export interface ColorJitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

export function drawColorJitter(range: ColorJitterRange, random: Random): ColorJitter {
  const factor = (by = 0) => (by === 0 ? 1 : random.uniform(Math.max(0, 1 - by), 1 + by));
  const { brightness, contrast, saturation, hue = 0 } = range;
  return {
    brightness: factor(brightness),
    contrast: factor(contrast),
    saturation: factor(saturation),
    hue: hue === 0 ? 0 : random.uniform(-hue, hue),
  };
}

export function jitterColors(
  image: Float32Array,
  { brightness, contrast, saturation, hue }: ColorJitter,
): void {
  if (brightness !== 1) blendWith(image, brightness, () => 0);
  if (contrast !== 1) adjustContrast(image, contrast);
  if (saturation !== 1) adjustSaturation(image, saturation);
  if (hue !== 0) turnHue(image, hue);
}

/** ITU-R 601-2 luma of the pixel that begins at `at`, as Pillow's convert('L'). */
const luma = (image: Float32Array, at: number) =>
  (image[at]! * 19595 + image[at + 1]! * 38470 + image[at + 2]! * 7471) / 65536;

/** Moves every level from `base` (of its pixel) by a factor: 0 is the base, 1 the image, more goes beyond. */
export function blendWith(image: Float32Array, factor: number, base: (at: number) => number): void {
  for (let at = 0; at < image.length; at += 3) {
    const from = base(at);
    for (let i = at; i < at + 3; i++)
      image[i] = Math.min(Math.max(from + (image[i]! - from) * factor, 0), 255);
  }
}

export function adjustContrast(image: Float32Array, factor: number): void {
  let sum = 0;
  for (let at = 0; at < image.length; at += 3) sum += Math.round(luma(image, at));
  const mean = Math.trunc(sum / (image.length / 3) + 0.5);
  blendWith(image, factor, () => mean);
}

export function adjustSaturation(image: Float32Array, factor: number): void {
  blendWith(image, factor, (at) => luma(image, at));
}

/** Turns hues in HSV; saturation and value stay. */
export function turnHue(image: Float32Array, turns: number): void {
  for (let at = 0; at < image.length; at += 3) {
    const [r, g, b] = [image[at]!, image[at + 1]!, image[at + 2]!];
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    if (chroma === 0) continue;
    const sector = value === r ? (g - b) / chroma : value === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4;
    const hue = sector + turns * 6;
    for (const [channel, offset] of [5, 3, 1].entries()) {
      const k = (((offset + hue) % 6) + 6) % 6;
      image[at + channel] = value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
    }
  }
}

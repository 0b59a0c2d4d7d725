// Brightness: levels times a factor. Keras goes through Pillow here, so levels become whole numbers on the way.

import type { Random } from './random.ts';

export type BrightnessRange = readonly [low: number, high: number];

/** A factor, uniform in the range: 1 changes nothing, 0 is black. */
export const drawBrightness = ([low, high]: BrightnessRange, random: Random) => random.uniform(low, high);

/** Multiplies an image in place (floats in levels), rounding down before and after as Pillow's ImageEnhance does. */
export function brighten(image: Float32Array, factor: number): void {
  for (let i = 0; i < image.length; i++) {
    const level = Math.trunc(Math.min(Math.max(image[i]!, 0), 255));
    image[i] = Math.trunc(Math.min(Math.fround(level * factor), 255));
  }
}

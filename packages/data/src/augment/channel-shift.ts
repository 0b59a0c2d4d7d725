// Channel shift: one number added to every level, kept within the levels that the image already has.

import type { Random } from './random.ts';

/** Levels (0 to 255), uniform within +-range. */
export const drawChannelShift = (range: number, random: Random) => random.uniform(-range, range);

/** Adds `levels` to an image in place (floats in levels); clipped to the image's own least and greatest level, as Keras. */
export function shiftChannels(image: Float32Array, levels: number): void {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of image) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  for (let i = 0; i < image.length; i++) image[i] = Math.min(Math.max(image[i]! + levels, low), high);
}

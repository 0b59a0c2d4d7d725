// Mirroring, as an affine map about the image's centre: an exact permutation of pixels.

import { type Affine, IDENTITY } from './affine.ts';
import type { Random } from './random.ts';

/** Heads or tails. */
export const drawFlip = (random: Random) => random.next() < 0.5;

/** Maps output coordinates to their mirror image. */
export function flip(horizontal: boolean, vertical: boolean, height: number, width: number): Affine {
  return {
    ...IDENTITY,
    ...(vertical ? { a: -1, tr: height - 1 } : {}),
    ...(horizontal ? { d: -1, tc: width - 1 } : {}),
  };
}

// Translation. A range below 1 is a fraction of the side, one of 1 or more is pixels, as in Keras; but Keras moves
// pictures sideways for `height_shift_range` and up and down for `width_shift_range`, and here each does what it says.

import { type Affine, IDENTITY } from './affine.ts';
import type { Random } from './random.ts';

/** A distance in pixels along a side of `side` pixels, uniform within +-range. */
export const drawShift = (range: number, side: number, random: Random) =>
  random.uniform(-range, range) * (range < 1 ? side : 1);

/** Positive distances move the picture up and to the left, as in Keras: the output looks that far ahead. */
export const shift = (rows: number, columns: number): Affine => ({ ...IDENTITY, tr: rows, tc: columns });

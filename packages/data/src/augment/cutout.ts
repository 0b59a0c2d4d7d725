// Cutout (DeVries and Taylor, 2017): a square of one colour over a part of the image.

import type { Random } from './random.ts';

/** Pixels; the centre may lie anywhere in the image, so the square may be cut by its edge. */
export interface Cutout {
  readonly row: number;
  readonly column: number;
  readonly side: number;
}

/** `share` is the square's side relative to the image's shorter one. */
export function drawCutout(share: number, height: number, width: number, random: Random): Cutout {
  const side = Math.max(1, Math.round(share * Math.min(height, width)));
  return { row: random.integer(height), column: random.integer(width), side };
}

/** Fills the square of an image in place. */
export function cutOut(
  image: Float32Array,
  height: number,
  width: number,
  { row, column, side }: Cutout,
  value: number,
): void {
  const [top, left] = [row - (side >> 1), column - (side >> 1)];
  const [from, to] = [Math.max(left, 0), Math.min(left + side, width)];
  for (let y = Math.max(top, 0); y < Math.min(top + side, height); y++) {
    image.fill(value, (y * width + from) * 3, (y * width + to) * 3);
  }
}

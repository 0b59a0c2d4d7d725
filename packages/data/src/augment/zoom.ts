// Zoom, by a factor for each side: below 1 the picture grows, as in Keras.

import type { Affine } from './affine.ts';
import type { Random } from './random.ts';

/** A number r stands for the range 1 - r to 1 + r. */
export type ZoomRange = number | readonly [low: number, high: number];

export const zoomRange = (range: ZoomRange): readonly [number, number] =>
  typeof range === 'number' ? [1 - range, 1 + range] : range;

/** Two factors, rows and columns, each uniform in the range. */
export function drawZoom(range: ZoomRange, random: Random): readonly [rows: number, columns: number] {
  const [low, high] = zoomRange(range);
  return [random.uniform(low, high), random.uniform(low, high)];
}

export const zoom = (rows: number, columns: number): Affine => ({
  a: rows,
  b: 0,
  tr: 0,
  c: 0,
  d: columns,
  tc: 0,
});

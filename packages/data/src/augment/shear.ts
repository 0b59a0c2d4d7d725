// Shear: rows slide sideways, by an angle.

import type { Affine } from './affine.ts';
import type { Random } from './random.ts';

/** An angle in degrees, uniform within +-range. */
export const drawShear = (range: number, random: Random) => random.uniform(-range, range);

/** Keras' shear; it shortens the rows' distance by the angle's cosine. */
export function shear(degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180;
  return { a: Math.cos(angle), b: 0, tr: 0, c: -Math.sin(angle), d: 1, tc: 0 };
}

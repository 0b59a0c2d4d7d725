// Shear: columns lean by an angle.

import type { Affine } from './affine.ts';
import type { Random } from './random.ts';

/** An angle in degrees, uniform within +-range. */
export const drawShear = (range: number, random: Random) => random.uniform(-range, range);

/** Keras' shear matrix. */
export function shear(degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180;
  return { a: 1, b: -Math.sin(angle), tr: 0, c: 0, d: Math.cos(angle), tc: 0 };
}

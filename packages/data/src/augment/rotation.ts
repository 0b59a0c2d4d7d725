// Rotation about the image's centre.

import type { Affine } from './affine.ts';
import type { Random } from './random.ts';

/** An angle in degrees, uniform within +-range. */
export const drawRotation = (range: number, random: Random) => random.uniform(-range, range);

/** Positive angles turn the picture counter-clockwise, as in Keras. */
export function rotation(degrees: number): Affine {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return { a: cos, b: sin, tr: 0, c: -sin, d: cos, tc: 0 };
}

// Rotation about the image's center.

import type { Affine } from '@sightline/image';
import { z } from 'zod';
import { amount, fixed, operation } from './operation.ts';

/** Positive angles rotate the picture counter-clockwise, as in Keras. */
export function rotationMap(degrees: number): Affine {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return { a: cos, b: sin, tr: 0, c: -sin, d: cos, tc: 0 };
}

export const rotation = operation({
  name: 'rotation',
  schema: amount(0).describe('Degrees: rotates by an angle within ±rotation.'),
  parameters: z.number(),
  sample: (degrees, _, random) => (degrees === 0 ? null : random.uniform(-degrees, degrees)),
  map: rotationMap,
  describe: (degrees) => `rotated ${degrees > 0 ? 'left' : 'right'} ${fixed(Math.abs(degrees))}°`,
});

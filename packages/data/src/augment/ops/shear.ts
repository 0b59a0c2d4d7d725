// Shear: rows slide sideways, by an angle. As in Keras, it shortens the rows' distance by the angle's cosine.

import { z } from 'zod';
import { amount, operation, signed } from './operation.ts';

export const shear = operation({
  name: 'shear',
  schema: amount(0).describe('Degrees: shears by an angle within ±shear.'),
  parameters: z.number(),
  sample: (degrees, _, random) => (degrees === 0 ? null : random.uniform(-degrees, degrees)),
  map: (degrees) => {
    const angle = (degrees * Math.PI) / 180;
    return { a: Math.cos(angle), b: 0, tr: 0, c: -Math.sin(angle), d: 1, tc: 0 };
  },
  describe: (degrees) => `sheared ${signed(degrees)}°`,
});

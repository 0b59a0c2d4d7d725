// Brightness: pixel values times a factor. Keras goes through Pillow's ImageEnhance here, which rounds down before and
// after.

import { z } from 'zod';
import { operation, range, short } from './operation.ts';

export const brightness = operation({
  name: 'brightness',
  schema: range(0).describe(
    'Multiplies pixel values by a factor in a range [low, high]; 1 changes nothing, 0 is black.',
  ),
  parameters: z.number(),
  sample: (factors, _, random) => random.uniform(...factors),
  apply: (image, factor) => {
    for (let i = 0; i < image.length; i++) {
      const value = Math.trunc(Math.min(Math.max(image[i]!, 0), 255));
      image[i] = Math.trunc(Math.min(Math.fround(value * factor), 255));
    }
  },
  describe: (factor) => `brightness ×${short(factor)}`,
});

// Zoom, by a factor for each side: below 1 the picture grows, as in Keras.

import { IDENTITY } from '@sightline/image';
import { z } from 'zod';
import { operation, range, short } from './operation.ts';

const message = 'a number from 0 to below 1, or a range of two numbers above 0, low to high';

export const zoom = operation({
  name: 'zoom',
  schema: z
    .union([z.number(message).min(0, message).lt(1, message), range(Number.MIN_VALUE, message)], message)
    .describe(
      'Scales height and width by factors from 1 - zoom to 1 + zoom, or by factors in a range [low, high].',
    ),
  parameters: z.tuple([z.number(), z.number()]).readonly(),
  sample: (zoom, _, random) => {
    const [low, high] = typeof zoom === 'number' ? [1 - zoom, 1 + zoom] : zoom;
    if (low === 1 && high === 1) return null;
    return [random.uniform(low, high), random.uniform(low, high)] as const;
  },
  map: ([rows, columns]) => ({ ...IDENTITY, a: rows, d: columns }),
  describe: ([rows, columns]) => `width ×${short(1 / columns)}, height ×${short(1 / rows)}`,
});

// Channel shift: one number added to every pixel value, kept within the values that the image already has, as in Keras.

import { z } from 'zod';
import { amount, operation, signed } from './operation.ts';

export const channelShift = operation({
  name: 'channelShift',
  schema: amount(0).describe('Of 255: adds one number within ±channelShift to all pixel values.'),
  parameters: z.number(),
  sample: (range, _, random) => (range === 0 ? null : random.uniform(-range, range)),
  apply: (image, by) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of image) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    for (let i = 0; i < image.length; i++) image[i] = Math.min(Math.max(image[i]! + by, low), high);
  },
  describe: (by) => `pixel values ${signed(by)}`,
});

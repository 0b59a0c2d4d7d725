// What a saved model says about itself beside its weights, so that it can be used without the run it came from.

import { FITS, INTERPOLATIONS } from '@sightline/data';
import { z } from 'zod';

/**
 * How an image becomes the network's input. 'images': RGB resized to `imageSize`, divided by 255.
 * 'vgg16-features': VGG16's features of such an image.
 */
export const metadataSchema = z.object({
  classes: z.array(z.string()).min(2),
  input: z.enum(['images', 'vgg16-features']),
  /** Height and width in pixels. */
  imageSize: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  /** How an image is brought to that size: `nearest` and `stretch` where a model does not say. */
  interpolation: z.enum(INTERPOLATIONS).optional(),
  fit: z.enum(FITS).optional(),
});

export type ModelMetadata = z.infer<typeof metadataSchema>;

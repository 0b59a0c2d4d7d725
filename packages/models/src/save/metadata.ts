// What a saved model says about itself beside its weights, so that it can be used without the run it came from.

import { SightlineError } from '@sightline/core';
import { FITS, INTERPOLATIONS } from '@sightline/data';
import type * as tfl from '@tensorflow/tfjs-layers';
import { z } from 'zod';

/** Levels as a network takes them: divided by 255, or bytes as they are. */
const LEVELS = ['unit', 'byte'] as const;

/**
 * How an image becomes the network's input. 'images': RGB resized to `imageSize`, in `levels`.
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
  /** `unit` where a model does not say. Sightline trains with no other; networks from elsewhere may begin with bytes. */
  levels: z.enum(LEVELS).optional(),
});

export type ModelMetadata = z.infer<typeof metadataSchema>;

/**
 * Metadata as it was read beside a model. What a model says of itself must be what its network is: else images go in
 * wrongly, or answers get wrong names. Throws SightlineError 'saved-model'.
 */
export function checkMetadata(path: string, model: tfl.LayersModel, value: unknown): ModelMetadata {
  const parsed = metadataSchema.safeParse(value);
  if (!parsed.success) {
    throw new SightlineError(
      'saved-model',
      `${path} has metadata that Sightline did not write: save the model again.`,
    );
  }
  const { classes, input, imageSize } = parsed.data;
  const units = model.outputs[0]?.shape.at(-1);
  const told = units === 1 ? 2 : units;
  if (told !== classes.length) {
    throw new SightlineError(
      'saved-model',
      `${path} names ${classes.length} classes (${classes.join(', ')}), but its network tells ${told} apart: save the model again with its own classes.`,
    );
  }
  const shape = model.inputs[0]!.shape.slice(1);
  const [height, width] = imageSize;
  const fits = [height, width, 3].every((size, i) => (shape[i] ?? size) === size);
  if (input === 'images' && !fits) {
    throw new SightlineError(
      'saved-model',
      `${path} says that images of ${height}x${width}x3 go into it, but its network takes ${shape.map((size) => size ?? 'any').join('x')}: save the model again with its own size.`,
    );
  }
  return parsed.data;
}

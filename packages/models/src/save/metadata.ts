/** What a saved model says about itself beside its weights, so that it can be used without the run it came from. */

import { SightlineError } from '@sightline/core';
import { FITS, INTERPOLATIONS } from '@sightline/data';
import { INPUT_RANGE_NAMES, type InputRange } from '@sightline/image';
import type * as tfl from '@tensorflow/tfjs-layers';
import { z } from 'zod';

/** Metadata of the first edition: it named features of VGG16 as an input, and ranges otherwise. */
const FIRST_RANGES: Readonly<Record<string, InputRange>> = { unit: '0-1', byte: '0-255' };

function upgraded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { input, levels, ...rest } = value as Record<string, unknown>;
  return {
    ...rest,
    ...(input === 'vgg16-features' ? { backbone: 'vgg16' } : {}),
    ...(typeof levels === 'string' ? { inputRange: FIRST_RANGES[levels] ?? levels } : {}),
  };
}

const fields = z.object({
  classes: z.array(z.string()).min(2),
  /** Height and width in pixels that an RGB image is resized to. */
  imageSize: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  /** How it is resized. Default: nearest, stretch. */
  interpolation: z.enum(INTERPOLATIONS).optional(),
  fit: z.enum(FITS).optional(),
  /** The backbone whose features of the image go into the network. Default: none, its pixels do. */
  backbone: z.string().optional(),
  /** The block of the backbone whose output goes into the network. Default: its features do. */
  upTo: z.string().optional(),
  /** The range of the pixel values. Default: 0-1, which Sightline trains with. */
  inputRange: z.enum(INPUT_RANGE_NAMES).optional(),
});

export const metadataSchema = z.preprocess(upgraded, fields);

export type ModelMetadata = z.infer<typeof fields>;

/**
 * Checks metadata that was read beside a model against the network itself: otherwise images would go in wrongly, or
 * predictions get wrong names. Throws SightlineError 'saved-model'.
 */
export function checkMetadata(path: string, model: tfl.LayersModel, value: unknown): ModelMetadata {
  const parsed = metadataSchema.safeParse(value);
  if (!parsed.success) {
    throw new SightlineError(
      'saved-model',
      `${path} has metadata that Sightline did not write: save the model again.`,
    );
  }
  const { classes, backbone, imageSize } = parsed.data;
  const units = model.outputs[0]?.shape.at(-1);
  const count = units === 1 ? 2 : units;
  if (count !== classes.length) {
    throw new SightlineError(
      'saved-model',
      `${path} names ${classes.length} classes (${classes.join(', ')}), but its network has ${count}: save the model again with its own classes.`,
    );
  }
  const shape = model.inputs[0]!.shape.slice(1);
  const [height, width] = imageSize;
  const fits = [height, width, 3].every((size, i) => (shape[i] ?? size) === size);
  if (backbone === undefined && !fits) {
    throw new SightlineError(
      'saved-model',
      `${path} has metadata for images of ${height}x${width}x3, but its network takes ${shape.map((size) => size ?? 'any').join('x')}: save the model again with its own size.`,
    );
  }
  return parsed.data;
}

// The list of augmentations, and the options that it makes.

import { SightlineError } from '@sightline/core';
import { FILL_MODES } from '@sightline/image';
import { z } from 'zod';
import { brightness } from './ops/brightness.ts';
import { channelShift } from './ops/channel-shift.ts';
import { colorJitter } from './ops/color-jitter.ts';
import { cutout } from './ops/cutout.ts';
import { alternatingFlip, horizontalFlip, verticalFlip } from './ops/flip.ts';
import { mix } from './ops/mix.ts';
import { amount, type Operation, oneOf } from './ops/operation.ts';
import { randAugment } from './ops/rand-augment.ts';
import { randomResizedCrop } from './ops/random-resized-crop.ts';
import { rotation } from './ops/rotation.ts';
import { shear } from './ops/shear.ts';
import { heightShift, translation, widthShift } from './ops/shift.ts';
import { zoom } from './ops/zoom.ts';

/**
 * In the order in which they act: the maps of all make one warp, with the last one nearest to the output, and pixel
 * values change after it. The order of Keras' operations is that of its ImageDataGenerator.
 */
export const OPERATIONS = [
  randomResizedCrop,
  rotation,
  heightShift,
  widthShift,
  translation,
  shear,
  zoom,
  channelShift,
  brightness,
  colorJitter,
  randAugment,
  horizontalFlip,
  alternatingFlip,
  verticalFlip,
  cutout,
] as const;

/** The list for code that is the same for all of them. */
export const ALL: readonly Operation[] = [...OPERATIONS];

type Listed = (typeof OPERATIONS)[number];
export type OperationName = Listed['name'];

/** What is done to one image, by operation; an operation that does nothing is not there. */
export type AugmentationParameters = {
  readonly [Op in Listed as Op['name']]?: z.output<Op['parameters']>;
};

const settingsShape = {
  mix: mix.schema.exactOptional(),
  fill: oneOf(FILL_MODES).default('nearest').describe('What lies outside of the picture. Default: nearest.'),
  fillValue: amount(0, 255)
    .default(0)
    .describe('Pixel value of fill: "constant" and of cutout, from 0 to 255. Default: 0.'),
};

type Shape = typeof settingsShape & { [Op in Listed as Op['name']]: z.ZodExactOptional<Op['schema']> };

const shape = {
  ...Object.fromEntries(ALL.map(({ name, schema }) => [name, schema.exactOptional()])),
  ...settingsShape,
} as unknown as Shape;

/** The options of an augmentation, with their descriptions. An operation that is left out is not done. */
export const augmentationSchema = z.strictObject(shape);

/** Ranges to sample from. */
export type AugmentationOptions = z.input<typeof augmentationSchema>;
/** Options with their defaults filled in. */
export type AugmentationSettings = z.output<typeof augmentationSchema>;

/** Fills in the defaults. Throws SightlineError `option` for a range that is none, and for a name that no option has. */
export function augmentationSettings(options: AugmentationOptions): AugmentationSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const result = augmentationSchema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    throw new SightlineError(
      'option',
      `There is no augmentation "${issue.keys[0]}". Expected some of ${Object.keys(shape).join(', ')}.`,
    );
  }
  const inList = issue?.path.findIndex((key) => typeof key === 'number') ?? 0;
  const path = issue?.path.slice(0, inList < 0 ? undefined : inList) ?? [];
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], given);
  const name = ['augmentation', ...path].join('.');
  throw new SightlineError('option', `${name} must be ${issue?.message}, not ${JSON.stringify(value)}.`);
}

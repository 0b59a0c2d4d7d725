// An experiment: a network, what goes into it, and how it is trained. What a user writes in a configuration, typed
// for the editor and checked when it is used.

import { SightlineError } from '@sightline/core';
import {
  type AugmentationOptions,
  FITS,
  type Fit,
  INTERPOLATIONS,
  type Interpolation,
} from '@sightline/data';
import { z } from 'zod';
import { type Network, type NetworkName, networks } from '../networks/index.ts';
import type { Monitor } from '../train/callback.ts';
import type { OptimizerConfig } from '../train/optimizer.ts';
import type { Schedule } from '../train/schedule.ts';
import { complaint } from './complaint.ts';

export interface Experiment {
  /** A name of `networks`, or one's own function of the input's shape and the number of classes. */
  readonly network: NetworkName | Network;
  /** `images` unless given: RGB divided by 255. `vgg16-features`: what VGG16's convolutions say of each image. */
  readonly input?: 'images' | 'vgg16-features';
  /** Height and width in pixels that images are brought to; 64 x 64 unless given. */
  readonly imageSize?: readonly [height: number, width: number];
  /** How pixels are found when an image is resized; `nearest` unless given. */
  readonly interpolation?: Interpolation;
  /** What happens to an image of another aspect; `stretch` unless given. */
  readonly fit?: Fit;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule?: Schedule;
  /** Changes drawn anew for each training image in each epoch. Validation images are left as they are. */
  readonly augmentation?: AugmentationOptions | null;
  readonly classWeights?: 'balanced' | readonly number[];
  readonly labelSmoothing?: number;
  /** Which figure makes an epoch the best; `valAccuracy` unless given. */
  readonly monitor?: Monitor;
  /** Ends with the best epoch's weights instead of the last's. */
  readonly restoreBest?: boolean;
  /** Stops when `monitor` (`valLoss` unless given) has not improved for `patience` epochs. */
  readonly earlyStopping?: {
    readonly patience: number;
    readonly monitor?: Monitor;
    readonly minDelta?: number;
  };
  /** Multiplies the learning rate by `factor` (0.1) when `monitor` has not improved for `patience` epochs. */
  readonly reduceOnPlateau?: {
    readonly patience: number;
    readonly factor?: number;
    readonly monitor?: Monitor;
    readonly minDelta?: number;
    readonly minimum?: number;
  };
}

const positive = z.number().int().positive();
const fraction = z.number().min(0).max(1);
const rate = z.number().positive();
const monitor = z.enum(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
const names = Object.keys(networks) as [NetworkName, ...NetworkName[]];
const warmupEpochs = z.number().min(0).optional();

/** The schema behind `checkExperiment`. Augmentation's own fields are checked by @sightline/data, which draws them. */
export const experimentSchema = z.strictObject({
  network: z.union([z.enum(names), z.custom<Network>((value) => typeof value === 'function')], {
    error: `expected ${names.map((name) => `"${name}"`).join(', ')} or a function (inputShape, classes) => LayersModel`,
  }),
  input: z.enum(['images', 'vgg16-features']).optional(),
  imageSize: z.tuple([positive, positive]).optional(),
  interpolation: z.enum(INTERPOLATIONS).optional(),
  fit: z.enum(FITS).optional(),
  epochs: positive,
  batchSize: positive,
  optimizer: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('adam'),
      learningRate: rate,
      beta1: fraction.optional(),
      beta2: fraction.optional(),
      epsilon: rate.optional(),
    }),
    z.strictObject({
      name: z.literal('sgd'),
      learningRate: rate,
      momentum: fraction.optional(),
      nesterov: z.boolean().optional(),
    }),
  ]),
  schedule: z
    .discriminatedUnion('name', [
      z.strictObject({ name: z.literal('constant'), warmupEpochs }),
      z.strictObject({ name: z.literal('step'), every: rate, factor: rate, warmupEpochs }),
      z.strictObject({ name: z.literal('cosine'), minimum: fraction.optional(), warmupEpochs }),
    ])
    .optional(),
  augmentation: z.looseObject({}).nullable().optional(),
  classWeights: z.union([z.literal('balanced'), z.array(z.number().min(0))]).optional(),
  labelSmoothing: z.number().min(0).lt(1).optional(),
  monitor: monitor.optional(),
  restoreBest: z.boolean().optional(),
  earlyStopping: z
    .strictObject({ patience: positive, monitor: monitor.optional(), minDelta: z.number().min(0).optional() })
    .optional(),
  reduceOnPlateau: z
    .strictObject({
      patience: positive,
      factor: fraction.optional(),
      monitor: monitor.optional(),
      minDelta: z.number().min(0).optional(),
      minimum: z.number().min(0).optional(),
    })
    .optional(),
});

/** Checks an experiment's types as it is written. */
export function defineExperiment(experiment: Experiment): Experiment {
  return experiment;
}

/**
 * An experiment from a value of any kind. Throws SightlineError 'config' that names the first wrong field, what is
 * allowed there and what came; `where` says whose field it is.
 */
export function checkExperiment(value: unknown, where = 'The experiment'): Experiment {
  const result = experimentSchema.safeParse(value);
  if (result.success) return value as Experiment;
  const issue = result.error.issues[0]!;
  const field = issue.path.join('.');
  throw new SightlineError(
    'config',
    `${where}${field ? `: ${field}` : ''}: ${complaint(issue, experimentSchema, value)}`,
  );
}

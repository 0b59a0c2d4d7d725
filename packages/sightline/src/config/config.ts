/**
 * What a user writes in `sightline.config.ts`: experiments by name. An *experiment* is a network, what goes into it,
 * and how it is trained; a *run* is one training of it. Only types come from @sightline/models here: a configuration
 * is read by programs that train nothing.
 */

import type { ExperimentInput as Experiment } from '@sightline/models';
import { z } from 'zod';

export type { Experiment };

export interface Config {
  /** The folder of images, relative to the configuration file. */
  readonly data?: string;
  /** What the report calls the data set. Default: the name of its folder. */
  readonly title?: string;
  /** The order of the classes; with two, metrics are about the last. Default: alphabetical. */
  readonly classes?: readonly string[];
  /** Default: 1. */
  readonly seed?: number;
  readonly experiments: Readonly<Record<string, Experiment>>;
}

/** Checks an experiment's types as it is written. */
export function defineExperiment(experiment: Experiment): Experiment {
  return experiment;
}

/** Checks a configuration's types as it is written. */
export function defineConfig(config: Config): Config {
  return config;
}

/** The configuration around its experiments, each of which is checked when it is trained. */
export const configSchema = z.strictObject({
  data: z.string().optional(),
  title: z.string().trim().min(1).max(120).optional(),
  classes: z.array(z.string()).min(2).optional(),
  seed: z.number().int().optional(),
  experiments: z
    .record(
      z.string(),
      z.custom<Experiment>((value) => typeof value === 'object' && value !== null),
    )
    .refine((experiments) => Object.keys(experiments).length > 0, 'expected at least one experiment')
    .refine(
      (experiments) => Object.keys(experiments).every((name) => /^\w[\w.-]*$/.test(name)),
      'expected names of letters, digits, "-", "_" and "."',
    ),
});

/** How networks with batch normalization train on photographs. */
const photographs = {
  epochs: 30,
  optimizer: { name: 'adam', learningRate: 0.003 },
  schedule: { name: 'cosine', warmupEpochs: 1 },
  augmentation: { horizontalFlip: true, rotation: 10 },
} satisfies Partial<Experiment>;

/**
 * Without a configuration: the transfer recipe, which is what an experiment's defaults are, and networks by their names,
 * with settings that suit photographs of any kind.
 */
export const builtIn: Config = {
  experiments: {
    transfer: {},
    baseline: { network: 'baseline', epochs: 15, batchSize: 128 },
    residual: { network: 'residual', ...photographs },
    depthwise: { network: 'depthwise', ...photographs },
  },
};

/** What is trained of it where no experiment and no network is named. */
export const DEFAULT_EXPERIMENT = 'transfer';

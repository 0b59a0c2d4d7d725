/**
 * What a user writes in `sightline.config.ts`: experiments by name. An *experiment* is a network, what goes into it,
 * and how it is trained; a *run* is one training of it. Only types come from @sightline/models here: a configuration
 * is read by programs that train nothing.
 */
import type { Experiment } from '@sightline/models';

export type { Experiment };

export interface Config {
  /** The folder of images, relative to this file. */
  readonly data?: string;
  /**
   * The order of the classes, where a folder has these: with two, the probability of the last is given. Alphabetical
   * unless given.
   */
  readonly classes?: readonly string[];
  /** 1 unless given. */
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

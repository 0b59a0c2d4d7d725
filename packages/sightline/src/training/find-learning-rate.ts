/** The learning-rate finder on an experiment's own network, images and augmentation. */

import { SightlineError } from '@sightline/core';
import * as models from '@sightline/models';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { chosenExperiments, type Overrides, settingsOf } from '../config/settings.ts';
import { openInOrder } from '../dataset/open-in-order.ts';
import { type WorkOptions, workOf } from '../events.ts';
import { loadInputs } from './inputs.ts';

export interface LearningRateOptions extends Overrides, WorkOptions {
  /** Default: the configuration's first. */
  readonly experiment?: string | undefined;
  /** Steps to try. Default: 100. */
  readonly steps?: number | undefined;
}

export interface LearningRateFinding extends models.RateFinding {
  readonly experiment: string;
  /** The learning rate that the experiment has. */
  readonly configured: number;
}

/** @see findLearningRate in the package's index */
export async function findLearningRate(
  source: string | Config | undefined,
  { experiment: named, steps, signal: given, onEvent, ...overrides }: LearningRateOptions = {},
): Promise<LearningRateFinding> {
  const { signal, emit } = workOf({ signal: given, onEvent });
  const config = await loadConfig(source);
  const [name = ''] = chosenExperiments(config, named, overrides.network);
  const settings = settingsOf(config, name, overrides);
  const { experiment, seed } = settings;
  const { network, optimizer } = experiment;
  if (network === models.LOGISTIC) {
    throw new SightlineError(
      'usage',
      `${name} is solved without a learning rate: name a network to find one for.`,
    );
  }
  const [engine, dataset] = await Promise.all([
    models.selectEngine(settings.engine),
    openInOrder(settings.data, { order: settings.classes, data: experiment.data, signal }),
  ]);
  const { train } = await loadInputs(dataset, settings, { signal, emit });
  const model = await models.buildNetwork(network, train.rowShape, train.classes.length, seed);
  const options = { engine, optimizer, signal, ...(steps ? { steps } : {}) };
  const finding = await models.findLearningRate(model, train, options);
  return { ...finding, experiment: name, configured: optimizer.learningRate };
}

/** The features that an experiment trains on, as a step of their own. */

import { SightlineError } from '@sightline/core';
import { loadConfig } from '../config/load-config.ts';
import { chosenExperiments, type Overrides, settingsOf } from '../config/settings.ts';
import { featuresOf } from '../dataset/features.ts';
import { openInOrder } from '../dataset/open-in-order.ts';
import { type WorkOptions, workOf } from '../events.ts';

export interface ExperimentFeatures {
  readonly images: number;
  /** Seconds that their computation took, when they were computed. */
  readonly seconds: number;
  readonly provider: string;
  readonly device: string;
  /** Whether they were on disk already. */
  readonly wereKept: boolean;
}

/** @see experimentFeatures in the package's index */
export async function experimentFeatures(
  source: string | undefined,
  { experiment, signal, onEvent, ...overrides }: Overrides & WorkOptions & { readonly experiment: string },
): Promise<ExperimentFeatures> {
  const work = workOf({ signal, onEvent });
  const config = await loadConfig(source);
  const [name = ''] = chosenExperiments(config, experiment);
  const settings = settingsOf(config, name, overrides);
  const { backbone, data } = settings.experiment;
  if (backbone === null) {
    throw new SightlineError('usage', `The experiment ${name} trains on pixels: it has no backbone.`);
  }
  const dataset = await openInOrder(settings.data, { order: settings.classes, data, signal: work.signal });
  const found = await featuresOf(dataset, { ...settings, ...settings.experiment, backbone }, work);
  const { train, validation, test, wereThere } = found;
  return {
    images: train.rows.length + validation.rows.length + (test?.rows.length ?? 0),
    seconds: (train.seconds ?? 0) + (validation.seconds ?? 0) + (test?.seconds ?? 0),
    provider: train.provider ?? '',
    device: train.device ?? '',
    wereKept: wereThere,
  };
}

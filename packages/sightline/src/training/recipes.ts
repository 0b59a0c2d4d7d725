/**
 * How an experiment is trained, by its kind. A kind is a function that trains one run and writes its folder, and a line
 * in the table.
 */

import { type Experiment, LOGISTIC } from '@sightline/models/experiment';
import type { Settings } from '../config/settings.ts';
import type { Work } from '../events.ts';
import { trainHead } from './train-head.ts';
import { type TrainedRun, trainRun } from './train-run.ts';

export type Recipe = (settings: Settings, work: Work & { readonly resume: boolean }) => Promise<TrainedRun>;

const RECIPES = {
  /** A network trained by gradient descent, epoch by epoch. */
  network: trainRun,
  /** A logistic regression on features, solved for in one go. */
  logistic: trainHead,
} satisfies Record<string, Recipe>;

const kindOf = ({ network }: Experiment): keyof typeof RECIPES =>
  network === LOGISTIC ? 'logistic' : 'network';

export const recipeOf = (experiment: Experiment): Recipe => RECIPES[kindOf(experiment)];

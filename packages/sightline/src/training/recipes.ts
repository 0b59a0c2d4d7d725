/**
 * How an experiment is trained, by its kind. A kind is a function that trains one run and writes its folder, and a line
 * in the table.
 */

import type { Experiment } from '@sightline/models';
import type { Settings } from '../config/settings.ts';
import type { Work } from '../events.ts';
import { type TrainedRun, trainRun } from './train-run.ts';

export type Recipe = (settings: Settings, work: Work & { readonly resume: boolean }) => Promise<TrainedRun>;

const RECIPES = {
  /** A network trained by gradient descent, epoch by epoch. */
  network: trainRun,
} satisfies Record<string, Recipe>;

const kindOf = (_: Experiment): keyof typeof RECIPES => 'network';

export const recipeOf = (experiment: Experiment): Recipe => RECIPES[kindOf(experiment)];

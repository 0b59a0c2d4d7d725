// One run's page.

import { counted, decimal, integer, SightlineError } from '@sightline/core';
import { wilsonInterval } from '@sightline/metrics';
import type { LoadedRun, Prediction } from '@sightline/runs';
import { confusionOf, scoresOf } from './answers.ts';
import { artifactsOf } from './artifacts.ts';
import type { Assets } from './assets.ts';
import { curvesOf, epochRows } from './curves.ts';
import { aboutOf, briefOf, classCountsOf, factsOf, sum, timingsOf } from './facts.ts';
import { figuresOf } from './figures.ts';
import type { RunPage } from './model.ts';
import { stateOf } from './state.ts';

/** The accuracy on the validation images after the last epoch that there is; null before the first. */
export function accuracyOf({ run, history }: LoadedRun): number | null {
  return run.metrics?.validation.accuracy ?? history.at(-1)?.valAccuracy ?? null;
}

export function validationCount({ run }: LoadedRun): number {
  return sum(run.data.counts.validation);
}

/** The 95 % interval of a run's accuracy; null without an accuracy or images. */
export function intervalOf(run: LoadedRun): [number, number] | null {
  const accuracy = accuracyOf(run);
  const count = validationCount(run);
  return accuracy === null || count === 0 ? null : wilsonInterval(accuracy, count);
}

export function runPage(
  run: LoadedRun,
  slug: string,
  baseline: LoadedRun | null,
  sparkline: string | null,
  assets: Assets,
): RunPage {
  const notes: string[] = [];
  const predictions = readPredictions(run, notes);
  const accuracy = accuracyOf(run);
  const interval = intervalOf(run);
  return {
    slug,
    name: run.name,
    about: aboutOf(run),
    brief: briefOf(run),
    outcome: outcomeOf(run),
    state: stateOf(run),
    accuracy: accuracy === null ? null : decimal(accuracy),
    interval: interval && `${decimal(interval[0])} to ${decimal(interval[1])}`,
    sparkline,
    charts: curvesOf(run, baseline),
    hasBaseline: baseline !== null && baseline !== run,
    epochs: epochRows(run),
    scores: scoresOf(run, predictions),
    confusion: confusionOf(predictions, run.run.data.classes),
    figures: figuresOf(run),
    artifacts: artifactsOf(run, slug, assets, notes),
    facts: factsOf(run),
    classCounts: classCountsOf(run),
    timings: timingsOf(run),
    command: run.run.command,
    notes,
  };
}

function outcomeOf(run: LoadedRun): string {
  const accuracy = accuracyOf(run);
  const count = validationCount(run);
  if (accuracy === null) return 'It has no result: it ended before its first epoch did.';
  const interval = intervalOf(run);
  const doubt = interval ? ` (95% interval ${decimal(interval[0])} to ${decimal(interval[1])})` : '';
  const right = `It gets ${integer(accuracy * count)} of ${counted(count, 'validation image')} right: ${decimal(accuracy)}${doubt}.`;
  const best = run.run.metrics?.best;
  if (!best || best.accuracy <= accuracy) return right;
  return `${right} Its best epoch was ${best.epoch}, with ${decimal(best.accuracy)}.`;
}

function readPredictions(run: LoadedRun, notes: string[]): Prediction[] {
  try {
    return run.predictions();
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    notes.push(`The predictions are left out: ${error.message}`);
    return [];
  }
}

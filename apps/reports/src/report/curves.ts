// The curves of a run: loss and accuracy by epoch, beside the baseline's.

import { decimal, duration } from '@sightline/core';
import type { EpochRecord, LoadedRun } from '@sightline/runs';
import { type HistoryRun, historyChart, sparkline } from '@sightline/viz';
import type { Chart, EpochRow } from './model.ts';

/** The run that others are drawn beside: the experiment called `baseline`. */
export function findBaseline(runs: readonly LoadedRun[]): LoadedRun | null {
  const candidates = runs.filter((run) => run.history.length > 0);
  return (
    candidates.find((run) => run.name === 'baseline') ??
    candidates.find((run) => run.run.experiment === 'baseline') ??
    null
  );
}

/** Null before the first epoch. A run is not drawn beside itself. */
export function curvesOf(
  run: LoadedRun,
  baseline: LoadedRun | null,
): { loss: Chart; accuracy: Chart } | null {
  if (run.history.length === 0) return null;
  const beside = baseline && baseline !== run ? baseline : null;
  const draw = (quantity: 'loss' | 'accuracy'): Chart => {
    const own = toHistory(run, quantity);
    const other = beside ? { baseline: toHistory(beside, quantity) } : {};
    return {
      wide: historyChart(own, { quantity, ...other }),
      narrow: historyChart(own, { quantity, ...other, width: 350, height: 280 }),
    };
  };
  return { loss: draw('loss'), accuracy: draw('accuracy') };
}

/** The validation accuracy in small, from half of chance's height so that all cards can be compared. */
export function sparklineOf(
  run: LoadedRun,
  baseline: LoadedRun | null,
  length: number,
  lowest: number,
): string | null {
  if (run.history.length === 0) return null;
  const values = (history: EpochRecord[]) => history.map((epoch) => epoch.valAccuracy);
  return sparkline(values(run.history), {
    label: `Validation accuracy of ${run.name} by epoch`,
    domain: [lowest, 1],
    length,
    ...(baseline && baseline !== run ? { baseline: values(baseline.history) } : {}),
  });
}

export function epochRows({ history, run }: LoadedRun): EpochRow[] {
  const best = run.metrics?.best.epoch ?? null;
  return history.map((epoch) => ({
    epoch: epoch.epoch,
    loss: decimal(epoch.loss),
    accuracy: decimal(epoch.accuracy),
    valLoss: decimal(epoch.valLoss),
    valAccuracy: decimal(epoch.valAccuracy),
    learningRate: String(Number(epoch.learningRate.toPrecision(4))),
    seconds: duration(epoch.seconds),
    isBest: epoch.epoch === best,
  }));
}

function toHistory(run: LoadedRun, quantity: 'loss' | 'accuracy'): HistoryRun {
  return {
    name: run.name,
    epochs: run.history.map((epoch) => ({
      epoch: epoch.epoch,
      training: quantity === 'loss' ? epoch.loss : epoch.accuracy,
      validation: quantity === 'loss' ? epoch.valLoss : epoch.valAccuracy,
    })),
  };
}

/** What a training ends with: a line for one run, a table for several. */

import { decimal, duration } from '@sightline/core';
import type { TrainedRun } from '../training/train-run.ts';
import { table } from './table.ts';

type Row = Pick<TrainedRun, 'name' | 'status' | 'metrics' | 'timings'>;

const all = (timings: Row['timings']) => Object.values(timings).reduce((sum, part) => sum + part, 0);

/** `baseline  accuracy 0.778, loss 0.501; best 0.781 in epoch 13; 2.4 s`. */
export function runLine({ name, status, metrics, timings }: Row): string {
  const seconds = duration(all(timings));
  if (!metrics || status !== 'complete') return `${name}  ${status} after ${seconds}`;
  const { validation, best } = metrics;
  const measured = `accuracy ${decimal(validation.accuracy)}, loss ${decimal(validation.loss)}`;
  const inEpoch = best ? `; best ${decimal(best.accuracy)} in epoch ${best.epoch}` : '';
  return `${name}  ${measured}${inEpoch}; ${seconds}`;
}

export function runTable(runs: readonly Row[]): string {
  return table(
    [
      { title: 'experiment' },
      { title: 'accuracy', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'best epoch', align: 'right' },
      { title: 'time', align: 'right' },
      { title: 'state' },
    ],
    runs.map(({ name, status, metrics, timings }) => [
      name,
      metrics ? decimal(metrics.validation.accuracy) : '',
      metrics ? decimal(metrics.validation.loss) : '',
      metrics?.best ? `${decimal(metrics.best.accuracy)} in ${metrics.best.epoch}` : '',
      duration(all(timings)),
      metrics?.collapsed ? `collapsed: always ${metrics.collapsed.class}` : status,
    ]),
  );
}

/** What ends a training: a table of its runs, or a line where there was one. */

import { decimal, duration } from '@sightline/core';
import type { TrainedRun } from '../run/train-run.ts';
import { table } from '../terminal/table.ts';

type Figures = Pick<TrainedRun, 'name' | 'status' | 'metrics' | 'timings'>;

/** `baseline  accuracy 0.778, loss 0.501; best 0.781 in epoch 13; 2.4 s`. */
export function runLine({ name, status, metrics, timings }: Figures): string {
  const seconds = duration(Object.values(timings).reduce((sum, part) => sum + part, 0));
  if (!metrics || status !== 'complete') return `${name}  ${status} after ${seconds}`;
  const { validation, best } = metrics;
  const figures = `accuracy ${decimal(validation.accuracy)}, loss ${decimal(validation.loss)}`;
  return `${name}  ${figures}; best ${decimal(best.accuracy)} in epoch ${best.epoch}; ${seconds}`;
}

export function runTable(runs: readonly Figures[]): string {
  return table(
    [
      { title: 'experiment' },
      { title: 'accuracy', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'best epoch', align: 'right' },
      { title: 'training', align: 'right' },
      { title: 'state' },
    ],
    runs.map(({ name, status, metrics, timings }) => [
      name,
      metrics ? decimal(metrics.validation.accuracy) : '',
      metrics ? decimal(metrics.validation.loss) : '',
      metrics ? `${decimal(metrics.best.accuracy)} in ${metrics.best.epoch}` : '',
      timings.training === undefined ? '' : duration(timings.training),
      metrics?.collapsed ? `collapsed: it always says ${metrics.collapsed.class}` : status,
    ]),
  );
}

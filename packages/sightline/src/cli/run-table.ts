/** What a training ends with: a line for one run, a table for several. */

import { decimal, duration, visible } from '@sightline/core';
import type { SplitMetrics } from '@sightline/metrics';
import type { TrainedRun } from '../training/train-run.ts';
import type { Words } from './output.ts';
import { table } from './table.ts';

type Row = Pick<TrainedRun, 'name' | 'status' | 'metrics' | 'timings'>;

const all = (timings: Row['timings']) => Object.values(timings).reduce((sum, part) => sum + part, 0);

/**
 * `baseline  accuracy 0.778 (95 % interval 0.742 to 0.810), loss 0.501; best 0.781 in epoch 13; 2.4 s`, and below it what
 * that is worth.
 */
export function runLine({ name, status, metrics, timings }: Row): Exclude<Words, string> {
  const seconds = duration(all(timings));
  if (!metrics || status !== 'complete') return [`${name}  ${status} after ${seconds}`];
  const { validation, best, splits } = metrics;
  const result = { text: `${name}  accuracy ${decimal(validation.accuracy)}`, style: 'bold' } as const;
  const interval = splits ? ` (95 % interval ${between(splits.validation.accuracyInterval)})` : '';
  const inEpoch = best ? `; best ${decimal(best.accuracy)} in epoch ${best.epoch}` : '';
  const rest = `${interval}, loss ${decimal(validation.loss)}${inEpoch}; ${seconds}`;
  return [result, splits ? `${rest}\n${name}: ${worthOf(splits.validation)}` : rest];
}

const between = ([low, high]: readonly [number, number]) => `${decimal(low)} to ${decimal(high)}`;

/** A class that is found so much less often than images are on the whole stands out. */
const STANDS_OUT = 0.05;

/** What a network that always predicts one class would get, and the class that is found least. */
function worthOf({ images, classes, accuracy }: SplitMetrics): string {
  const chance = Math.max(...classes.map(({ support }) => support)) / images;
  const [worst] = classes.filter(({ support }) => support > 0).toSorted((a, b) => a.recall - b.recall);
  const found =
    worst && worst.recall < accuracy - STANDS_OUT
      ? `; worst class: ${visible(worst.class)}, of which ${decimal(worst.recall)} are found`
      : '';
  return `Always predicting one class would give ${decimal(chance)}${found}.`;
}

export function runTable(runs: readonly Row[]): string {
  return table(
    [
      { title: 'experiment' },
      { title: 'accuracy', align: 'right' },
      { title: 'loss', align: 'right', drop: 3 },
      { title: 'best epoch', align: 'right', drop: 2 },
      { title: 'time', align: 'right', drop: 1 },
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

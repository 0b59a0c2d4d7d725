/** The end of `npm run train`: accuracies, runs that collapsed or stopped, the time of each part, and the site. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decimal, duration, SightlineError } from '@sightline/core';
import { type LoadedRun, listRuns } from '@sightline/runs';
import { table } from 'sightline/cli';
import { shownPath } from './dataset.ts';
import { places } from './places.ts';
import type { TurboRun } from './turbo.ts';

export interface Finished {
  /** When the pipeline began, in milliseconds since 1970. */
  readonly began: number;
  readonly turbo: TurboRun;
  readonly isInterrupted: boolean;
  readonly dataSeconds: number;
  readonly allSeconds: number;
}

/** The closing text, and whether every run is complete. */
export function outcome(finished: Finished): { isComplete: boolean; text: string } {
  const { turbo } = finished;
  const runs = runsSoFar();
  const wasTrained = ({ run }: LoadedRun) => Date.parse(run.startedAt) >= finished.began;
  // Turbo ends with 0 when it is interrupted.
  const isDone = turbo.exitCode === 0 && !finished.isInterrupted;
  // Why it failed has been said, and there is nothing new to show.
  if (!isDone && !runs.some(wasTrained)) return { isComplete: false, text: '' };
  const lines = [''];
  if (runs.length > 0) lines.push(accuracies(runs), '', ...runs.flatMap(advice));
  if (isDone && !runs.some(wasTrained)) lines.push('Everything is up to date; nothing to train.');
  lines.push(times(runs.filter(wasTrained), finished), '');
  const index = join(places.site, 'index.html');
  if (isDone && existsSync(index)) {
    lines.push(`The site is ${shownPath(index)}; serve it with: npm run site`);
  } else if (runs.length > 0) {
    lines.push('The site was not built; build and serve it from the runs so far with: npm run site');
  }
  return { isComplete: runs.every(({ run }) => run.status === 'complete'), text: lines.join('\n') };
}

function runsSoFar(): LoadedRun[] {
  try {
    return listRuns(places.runs).runs;
  } catch (error) {
    // Before the first run there is no folder.
    if (error instanceof SightlineError) return [];
    throw error;
  }
}

function accuracies(runs: readonly LoadedRun[]): string {
  const columns = [
    { title: 'experiment' },
    { title: 'accuracy', align: 'right' },
    { title: 'loss', align: 'right' },
    { title: 'best epoch', align: 'right' },
    { title: 'seed', align: 'right' },
    { title: 'state' },
  ] as const;
  return table(
    columns,
    runs.map(({ name, run, history }) => {
      // What was saved; of a run that was stopped before it was measured, its last epoch.
      const last = history.at(-1);
      const { accuracy, loss } = run.metrics?.validation ?? {
        accuracy: last?.valAccuracy,
        loss: last?.valLoss,
      };
      const best = run.metrics?.best;
      return [
        name,
        accuracy === undefined ? '' : decimal(accuracy),
        loss === undefined ? '' : decimal(loss),
        best ? `${decimal(best.accuracy)} in ${best.epoch}` : '',
        String(run.seed),
        state(run, history.length),
      ];
    }),
  );
}

function state({ status, metrics, config }: LoadedRun['run'], epochs: number): string {
  if (status !== 'complete') return `${status} after ${epochs} of ${config.epochs} epochs`;
  return metrics?.collapsed ? `collapsed: always ${metrics.collapsed.class}` : 'complete';
}

function advice({ name, run }: LoadedRun): string[] {
  const { metrics, status, error, command } = run;
  if (status === 'complete' && metrics?.collapsed) {
    return [`${name} collapsed. ${metrics.collapsed.advice}`, ''];
  }
  if (status === 'failed') return [`${name} failed. ${error ?? ''}`, ''];
  if (status === 'interrupted') return [`${name} was interrupted. Resume it with: ${command} --resume`, ''];
  return [];
}

/** One line: `data 0.4 s, features 9.8 s, ...`. Parts that turbo had in its cache took no time. */
function times(trained: readonly LoadedRun[], { turbo, dataSeconds, allSeconds }: Finished): string {
  const parts = [`data ${duration(dataSeconds)}`];
  const { features, report } = turbo.seconds;
  if (features !== undefined) parts.push(`features ${duration(features)}`);
  for (const { name, run } of trained)
    parts.push(`${name} ${duration(Object.values(run.timings).reduce((sum, part) => sum + part, 0))}`);
  if (report !== undefined) parts.push(`site ${duration(report)}`);
  return `Time: ${parts.join(', ')}; all of it ${duration(allSeconds)}.`;
}

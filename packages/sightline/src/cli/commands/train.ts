/** `sightline train`: the experiments of a configuration, or the default recipe on a folder of images. */

import { once } from 'node:events';
import { dirname } from 'node:path';
import { counted, decimal, integer, reasonOf } from '@sightline/core';
import type { SplitMetrics } from '@sightline/metrics';
import { PROGRAM } from '../../config/command-line.ts';
import { shownRoot } from '../../dataset/shown-root.ts';
import type { SightlineEvent } from '../../events.ts';
import type { TrainedRun } from '../../index.ts';
import { openLiveReport } from '../../report.ts';
import { defineCommand } from '../command.ts';
import { experimentName, experimentOptions, fieldDescription, placeOptions } from '../experiment-options.ts';
import { liveListener } from '../live-words.ts';
import { flag, option, wholeNumber } from '../option.ts';
import type { Output } from '../output.ts';
import { runLine, runTable } from '../run-table.ts';

export const command = defineCommand({
  usage: '[DIR | CONFIG]',
  arguments: {
    DIR: 'A folder of images, DIR/<class>/* or DIR/train|validation/<class>/*, a .zip, or a .csv or .jsonl table',
    CONFIG: 'A sightline.config.ts, or its folder. Default: that of the working folder',
  },
  examples: [
    { command: 'sightline train photos', does: 'Train on photos/<class>/*' },
    {
      command: 'sightline train photos --network residual --epochs 30',
      does: 'Train a network from scratch',
    },
    { command: 'sightline train --experiment plain --seed 2', does: 'One experiment of sightline.config.ts' },
    {
      command: 'sightline train photos --fine-tune',
      does: 'Also train the last blocks of the pretrained network',
    },
    { command: 'sightline train photos --resume', does: 'Continue after Ctrl-C' },
    { command: 'sightline train photos --watch', does: 'Look at the report while it grows' },
  ],
  options: {
    ...experimentOptions,
    experiment: experimentName('all of the configuration'),
    ...placeOptions,
    fineTune: flag(fieldDescription('fineTune')),
    resume: flag('Resume interrupted runs; start the experiments that have not run yet'),
    watch: flag('Serve the report on localhost while training, until Ctrl-C'),
    port: option(wholeNumber(0).default(4321), {
      description: 'Port for --watch, or the next that is free',
      hint: 'N',
    }),
  },
  async run({
    values: { watch, port, resume, ...chosen },
    args: [source],
    output,
    work: { signal, onEvent },
  }) {
    const announceStop = () =>
      output.note('Stopping after this step and saving what is done. Ctrl-C again stops at once.');
    signal.addEventListener('abort', announceStop);
    const { plannedRuns, trainPlanned } = await import('../../training/train.ts');
    const planned = await plannedRuns(source, chosen);
    const work = async (listen: (event: SightlineEvent) => void) => {
      const runs = await trainPlanned(planned, { resume, signal, onEvent: listen });
      signal.removeEventListener('abort', announceStop);
      writeRuns(output, runs);
    };
    if (!watch) return work(onEvent);
    const folder = dirname(planned[0]!.out);
    await watched({ port, folder, signal, output }, (tell) =>
      work((event) => {
        onEvent(event);
        tell(event);
      }),
    );
  },
});

/** Serves the report while `train` goes on and then until Ctrl-C. That a report fails is a warning: the training counts. */
async function watched(
  { port, folder, signal, output }: { port: number; folder: string; signal: AbortSignal; output: Output },
  train: (tell: (event: SightlineEvent) => void) => Promise<void>,
): Promise<void> {
  const report = await openLiveReport({ port, folder });
  output.note(`The report grows with every epoch: ${report.url}`);
  output.event('watch', { url: report.url });
  try {
    await train(liveListener(report));
    if (signal.aborted) return;
    try {
      await report.finish();
    } catch (error) {
      output.warn(`The report could not be completed: ${reasonOf(error)}.`);
      return;
    }
    output.note(`The report is complete. It stays at ${report.url} until Ctrl-C.`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    report.close();
  }
}

function writeRuns(output: Output, runs: readonly TrainedRun[]): void {
  for (const run of runs) {
    const { name, dir, metrics, status, stopped, notes } = run;
    if (status === 'complete' && metrics?.collapsed)
      output.warn(`${name} collapsed. ${metrics.collapsed.advice}`);
    if (status === 'interrupted') output.warn(`${name} was interrupted ${progressOf(run, shownRoot(dir))}`);
    if (stopped) output.note(`${name}: ${stopped}`);
    for (const note of notes) output.warn(`${name}: ${note}`);
  }
  const [first] = runs;
  const head = runs.length === 1 && first ? runLine(first) : [runTable(runs)];
  const lines = [''];
  const complete = runs.filter(({ status }) => status === 'complete');
  for (const { name, metrics, head, suspects = [] } of complete) {
    const { test } = metrics?.splits ?? {};
    if (test) lines.push(testLine(name, test));
    if (!head) continue;
    // There, it says how rare the other classes are.
    if (!metrics?.collapsed) lines.push(`${name}: ${head.curve.conclusion}`);
    const wrong = suspects.filter(({ split, confident }) => split === 'train' && confident).length;
    if (wrong > 0) lines.push(`${name}: ${counted(wrong, 'training image')} may have a wrong label.`);
  }
  if (complete.length > 0) lines.push(`Saved in ${complete.map(({ dir }) => shownRoot(dir)).join(', ')}.`);
  output.result(runs, [...head, lines.join('\n')]);
  const [best] = complete;
  if (!best) return;
  const doubtful = complete.find(({ suspects }) => suspects?.length);
  output.next(
    { command: `${PROGRAM} predict ${shownRoot(best.dir)} IMAGE...`, does: 'Classify images' },
    { command: `${PROGRAM} report ${shownRoot(dirname(best.dir))} --serve`, does: 'Look at the results' },
    ...(doubtful
      ? [{ command: `${PROGRAM} suspects ${shownRoot(doubtful.dir)}`, does: 'List the doubtful labels' }]
      : []),
  );
}

/** What was held out says how good the network is: nothing was chosen by it. */
function testLine(name: string, { images, accuracy, accuracyInterval }: SplitMetrics): string {
  const [low, high] = accuracyInterval;
  const interval = `95 % interval ${decimal(low)} to ${decimal(high)}`;
  return `${name}: accuracy ${decimal(accuracy)} (${interval}) on ${counted(images, 'test image')}, held out until the end`;
}

/** How far an interrupted run came, and how it goes on. */
function progressOf({ epochs, midway, metrics }: TrainedRun, dir: string): string {
  const whole = counted(epochs, 'epoch');
  if (!midway && epochs === 0)
    return metrics
      ? `after its classifier was fitted, saved in ${dir}. The same command completes it.`
      : 'before its first step.';
  if (!midway) return `after ${whole}, saved in ${dir}. Continue with --resume.`;
  const part = `${integer(midway.rows)} of ${counted(midway.size, 'image')}`;
  const done = epochs === 0 ? `in its first epoch, after ${part}` : `after ${whole} and ${part} of the next`;
  return `${done}; all of it is saved in ${dir}. Continue with --resume.`;
}

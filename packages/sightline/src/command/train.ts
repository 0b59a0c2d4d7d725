/** `sightline train`: the experiments of a configuration, one after the other. */

import { counted, integer } from '@sightline/core';
import { defineCommand } from 'citty';
import { loadConfig } from '../experiment/load-config.ts';
import { chosenExperiments, settingsOf, withEnvironment } from '../experiment/settings.ts';
import type { TrainedRun } from '../run/train-run.ts';
import { type Output, openOutput } from '../terminal/output.ts';
import { interruptedExitCode, listenForInterrupt } from '../terminal/signal.ts';
import { trainingProgress } from '../terminal/training-progress.ts';
import { experimentOptions, sharedOptions } from './options.ts';
import { runLine, runTable } from './run-table.ts';

export const train = defineCommand({
  meta: { name: 'train', description: 'Train the experiments of a configuration on a folder of images' },
  args: {
    ...experimentOptions,
    experiment: { type: 'string', description: 'Only this experiment; all unless given', valueHint: 'NAME' },
    epochs: { type: 'string', description: 'Instead of the configuration', valueHint: 'N' },
    'batch-size': { type: 'string', description: 'Instead of the configuration', valueHint: 'N' },
    seed: { type: 'string', description: 'What all random numbers follow from', valueHint: 'N' },
    engine: {
      type: 'string',
      description: 'auto, onnxruntime, cpu, tfjs-node, tfjs-node-gpu',
      valueHint: 'E',
    },
    out: { type: 'string', description: 'The folder of run folders; runs/ unless given', valueHint: 'DIR' },
    cache: {
      type: 'string',
      description: 'A folder that keeps hashes and decoded images for the next run',
      valueHint: 'DIR',
    },
    memory: {
      type: 'string',
      description: 'MiB of decoded images in memory, the rest in --cache; 2048 unless given',
      valueHint: 'N',
    },
    resume: {
      type: 'boolean',
      description: 'Go on where an interrupted run stopped; of several, those not begun begin',
    },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const options = withEnvironment(args);
    const config = await loadConfig(args.config);
    const settings = chosenExperiments(config, args.experiment).map((name) =>
      settingsOf(config, name, options),
    );
    // The libraries behind this take most of a second to load; mistakes in the options are told before.
    const [{ trainRun }, { hasBegun }] = await Promise.all([
      import('../run/train-run.ts'),
      import('../run/resume.ts'),
    ]);
    const interrupt = listenForInterrupt();
    const runs: TrainedRun[] = [];
    try {
      for (const each of settings) {
        const { signal } = interrupt;
        const { onStep, onEpoch, end } = trainingProgress(output, each.name, each.experiment.epochs);
        const tellOfStop = () => {
          end();
          output.note('Stopping after this step and saving what is done. Ctrl-C again stops at once.');
        };
        signal.addEventListener('abort', tellOfStop);
        try {
          // One experiment that was never begun is a mistake; of several, an interrupt has left the later ones so.
          const resume = args.resume === true && (settings.length === 1 || hasBegun(each.out));
          const context = { output, signal, resume, onStep, onEpoch };
          const run = await trainRun(each, context);
          runs.push(run);
          output.event('run', { run: run.name, status: run.status, epochs: run.epochs, dir: run.dir });
        } finally {
          signal.removeEventListener('abort', tellOfStop);
          end();
        }
        if (signal.aborted) break;
      }
    } finally {
      interrupt.close();
    }
    report(output, runs);
    return runs.some(({ status }) => status === 'interrupted') ? interruptedExitCode : 0;
  },
});

function report(output: Output, runs: readonly TrainedRun[]): void {
  for (const { name, metrics, status, epochs, midway, stopped, notes } of runs) {
    if (status === 'complete' && metrics?.collapsed)
      output.warn(`${name} collapsed. ${metrics.collapsed.advice}`);
    if (status === 'interrupted') output.warn(`${name} was interrupted ${after(epochs, midway)}`);
    if (stopped) output.note(`${name}: ${stopped}`);
    for (const note of notes) output.warn(`${name}: ${note}`);
  }
  output.result(runs, runs.length === 1 && runs[0] ? runLine(runs[0]) : runTable(runs));
}

/** How far an interrupted run came, and how it goes on. */
function after(epochs: number, midway: TrainedRun['midway']): string {
  const whole = counted(epochs, 'epoch');
  if (!midway) return epochs === 0 ? 'before its first step.' : `after ${whole}. Go on with --resume.`;
  const part = `${integer(midway.rows)} of ${counted(midway.size, 'image')}`;
  const done = epochs === 0 ? `in its first epoch, after ${part}` : `after ${whole} and ${part} of the next`;
  return `${done}; all of it is saved. Go on with --resume.`;
}

/** `sightline rate`: a learning rate to begin with, and the curve that it was read from. */

import { join, resolve } from 'node:path';
import { decimal, SightlineError } from '@sightline/core';
import { isRun, type Rate, writeFileAtomic, writeJson } from '@sightline/runs';
import { rateChart } from '@sightline/viz';
import { defineCommand } from 'citty';
import { loadConfig } from '../experiment/load-config.ts';
import { chosenExperiments, settingsOf, withEnvironment } from '../experiment/settings.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { table } from '../terminal/table.ts';
import { experimentOptions, sharedOptions, wholeNumber } from './options.ts';

/** Rows of the table that a person sees: the curve itself is drawn, or given as JSON. */
const ROWS = 12;

export const rate = defineCommand({
  meta: { name: 'rate', description: 'A learning rate for an experiment, and the curve behind it' },
  args: {
    ...experimentOptions,
    experiment: { type: 'string', description: 'The first unless given', valueHint: 'NAME' },
    seed: { type: 'string', description: 'What all random numbers follow from', valueHint: 'N' },
    steps: { type: 'string', description: 'Steps to try; 100 unless given', valueHint: 'N' },
    out: { type: 'string', description: 'An SVG file for the curve', valueHint: 'FILE.svg' },
    run: { type: 'string', description: 'A run folder that keeps the curve, for its page', valueHint: 'DIR' },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const steps = wholeNumber('steps', args.steps, 10);
    const options = withEnvironment({ data: args.data, seed: args.seed });
    const config = await loadConfig(args.config);
    const [name = ''] = chosenExperiments(config, args.experiment);
    const settings = settingsOf(config, name, options);
    if (args.run !== undefined && !isRun(args.run)) {
      const what = `There is no run in ${args.run}: expected a file run.json in it`;
      throw new SightlineError('missing', `${what}. Train one first, or leave out --run.`);
    }
    const { findRate } = await import('../run/find-rate.ts');
    const { signal, close } = listenForInterrupt();
    try {
      const found = await findRate(settings, { output, signal, ...(steps ? { steps } : {}) });
      const { curve, suggestion } = found;
      const path = args.out === undefined ? undefined : resolve(args.out);
      if (path) writeFileAtomic(path, `${rateChart(curve, { suggestion })}\n`);
      if (args.run !== undefined) {
        const kept: Rate = { curve: [...curve], suggestion };
        writeJson(join(args.run, 'artifacts', 'rate.json'), kept);
      }
      const every = Math.max(1, Math.ceil(curve.length / ROWS));
      const rows = curve
        .filter((_, i) => i % every === 0 || i === curve.length - 1)
        .map(({ learningRate, loss }) => [learningRate.toPrecision(2), decimal(loss)]);
      const text = [
        table(
          [
            { title: 'learning rate', align: 'right' },
            { title: 'loss', align: 'right' },
          ],
          rows,
        ),
        `${name}: try a learning rate of ${suggestion}; it has ${settings.experiment.optimizer.learningRate}.`,
        ...(path ? [`The curve: ${path}`] : []),
        ...(args.run === undefined ? [] : [`Kept for the page of the run in ${args.run}.`]),
      ].join('\n\n');
      output.result({ experiment: name, suggestion, curve, ...(path ? { path } : {}) }, text);
    } finally {
      close();
    }
  },
});

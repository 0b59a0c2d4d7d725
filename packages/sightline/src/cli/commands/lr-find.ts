/** `sightline lr-find`: a learning rate to begin with, and the curve that it was read from. */

import { join, resolve } from 'node:path';
import { decimal, SightlineError } from '@sightline/core';
import { writeFileAtomic, writeJson } from '@sightline/core/files';
import { commandOf, optionWords } from '../../config/command-line.ts';
import { dataOverridesOf } from '../../config/data-overrides.ts';
import { findLearningRate, type LearningRateFinding } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { dataOptions, experimentName, experimentOptions } from '../experiment-options.ts';
import { option, text, wholeNumber } from '../option.ts';
import { table } from '../table.ts';

/** Rows of the table; the picture and `--json` have the whole curve. */
const ROWS = 12;

const { data, backbone, network, imageSize, batchSize, augment, seed, engine } = experimentOptions;

export const command = defineCommand({
  usage: '[DIR | CONFIG]',
  arguments: {
    DIR: 'A folder of images, a .zip, or a .csv or .jsonl table',
    CONFIG: 'A sightline.config.ts, or its folder. Default: that of the working folder',
  },
  examples: [
    { command: 'sightline lr-find photos', does: 'Suggest a learning rate' },
    { command: 'sightline lr-find photos --out curve.svg', does: 'And plot the curve' },
  ],
  options: {
    data,
    ...dataOptions,
    ...{ backbone, network, imageSize, batchSize, augment, seed, engine },
    experiment: experimentName('the first of the configuration'),
    // The mean loss of the first ten says nothing yet.
    steps: option(wholeNumber(20).default(100), { description: 'Steps to try', hint: 'N' }),
    out: option(text('an SVG file').optional(), {
      description: 'Plot the curve as an SVG',
      hint: 'FILE.svg',
    }),
    run: option(text('a run folder').optional(), {
      description: 'Keep the curve in this run folder, for its page of the report',
      hint: 'RUN',
    }),
  },
  async run({ values, args: [source], output, work }) {
    const { out, run, ...options } = values;
    if (run !== undefined) await requireRun(run);
    const finding = await findLearningRate(source, { ...options, ...work });
    const { curve, suggestion, experiment, configured } = finding;
    const path = out === undefined ? undefined : resolve(out);
    if (path) {
      const { rateChart } = await import('@sightline/viz');
      writeFileAtomic(path, `${rateChart(curve, { suggestion })}\n`);
    }
    if (run !== undefined) writeJson(join(run, 'artifacts', 'rate.json'), { curve, suggestion });
    const lines = [
      curveTable(curve),
      `Suggested learning rate for ${experiment}: ${suggestion} (configured: ${configured})`,
      ...(path ? [`Curve: ${path}`] : []),
      ...(run === undefined ? [] : [`Kept in ${run}, for its page of the report.`]),
    ];
    output.result({ experiment, suggestion, curve, ...(path ? { path } : {}) }, lines.join('\n\n'));
    const which = options.network ? ['--network', options.network] : ['--experiment', experiment];
    const images = source ?? options.data;
    const { backbone, imageSize, batchSize, augment, seed } = options;
    const same = { backbone, imageSize, batchSize, augment, seed, ...dataOverridesOf(options) };
    const words = [...(images ? [images] : []), ...which, ...optionWords(same)];
    words.push('--learning-rate', String(suggestion));
    output.next({ command: commandOf('train', ...words), does: 'Train with it' });
  },
});

async function requireRun(dir: string): Promise<void> {
  const { isRun } = await import('@sightline/runs');
  if (isRun(dir)) return;
  throw new SightlineError(
    'missing',
    `There is no run in ${dir}: expected a file run.json in it. Train one first, or leave out --run.`,
  );
}

function curveTable(curve: LearningRateFinding['curve']): string {
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  const rows = curve
    .filter((_, i) => i % every === 0 || i === curve.length - 1)
    .map(({ learningRate, loss }) => [learningRate.toPrecision(2), decimal(loss)]);
  return table(
    [
      { title: 'learning rate', align: 'right' },
      { title: 'loss', align: 'right' },
    ],
    rows,
  );
}

/** `sightline check`: whether a folder of images can be trained on, before any time is spent on it. */

import { SightlineError } from '@sightline/core';
import { commandOf, optionWords } from '../../config/command-line.ts';
import { dataOverridesOf } from '../../config/data-overrides.ts';
import { type CheckedDataset, checkDataset } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { dataOptions } from '../experiment-options.ts';
import { flag, option, text } from '../option.ts';
import type { Example } from '../section.ts';

export const command = defineCommand({
  usage: 'DIR',
  arguments: { DIR: 'A folder of images, a .zip, or a .csv or .jsonl table' },
  examples: [
    { command: 'sightline check photos', does: 'What would spoil a training' },
    { command: 'sightline check photos --fix', does: 'List the good images in photos.clean.csv' },
    { command: 'sightline check photos --save checks/photos', does: 'Keep the findings for the report' },
  ],
  options: {
    fix: flag('Write a table of the images that passed every check; no image is changed'),
    out: option(text('a .csv or .jsonl file').optional(), {
      description: 'The table of --fix, .csv or .jsonl',
      hint: 'FILE',
      aliases: ['output'],
      defaultText: 'DIR.clean.csv, beside the folder',
    }),
    save: option(text('a folder').optional(), {
      description: 'Keep the findings with pictures in checks/NAME beside the runs, for the report',
      hint: 'DIR',
    }),
    allowLosses: flag('Write the table of --fix even where a class loses more than 5 % of its images'),
    ...dataOptions,
  },
  async run({ values, args: [root = ''], output, work, exitWith }) {
    const { fix, out, save, ...options } = values;
    if (out !== undefined && !fix) {
      throw new SightlineError('usage', '--out names the table that --fix writes: give both, or neither.');
    }
    const report = await checkDataset(root, {
      ...options,
      fix: fix ? (out ?? true) : undefined,
      save,
      ...work,
    });
    const { checkText, cleanListText, isListMending, seriesOptions } = await import('../check-text.ts');
    const kept = save === undefined ? '' : `\n\nThe findings are in ${save}, for the report.`;
    output.result(report, [...checkText(report), ...cleanListText(report), kept]);
    const canList = isListMending(report);
    output.next(nextOf(report, canList, optionWords(dataOverridesOf(options)), seriesOptions(report)));
    if (report.errors > 0 && !(fix && canList)) exitWith(1);
  },
});

/** What to do about a data set: mend it, leave out what is bad, or train. */
function nextOf(
  report: CheckedDataset,
  canList: boolean,
  options: readonly string[],
  series: readonly string[],
): Example {
  const { root, fix, errors } = report;
  if (errors > 0 && !canList) {
    return { command: commandOf('check', root, ...options), does: 'Once that is mended, check again' };
  }
  if (fix) return { command: commandOf('train', fix.file), does: 'Train on the images that are listed' };
  if (errors > 0 && series.length > 0) {
    const does = 'Keep each series on one side of the split, and check again';
    return { command: commandOf('check', root, ...options, ...series), does };
  }
  if (errors > 0) {
    return { command: commandOf('check', root, ...options, '--fix'), does: 'List the images without faults' };
  }
  return { command: commandOf('train', root, ...options, ...series), does: 'Train on them' };
}

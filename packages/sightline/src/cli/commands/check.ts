/** `sightline check`: whether a folder of images can be trained on, before any time is spent on it. */

import { quoted, SightlineError } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { type CheckedDataset, checkDataset } from '../../index.ts';
import { defineCommand } from '../command.ts';
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
  },
  async run({ values: { fix, out, save }, args: [root = ''], output, work, exitWith }) {
    if (out !== undefined && !fix) {
      throw new SightlineError('usage', '--out names the table that --fix writes: give both, or neither.');
    }
    const report = await checkDataset(root, { fix: fix ? (out ?? true) : undefined, save, ...work });
    const { checkText, cleanListText } = await import('../check-text.ts');
    const list = report.fix ? `\n\n${cleanListText(report.fix)}` : '';
    output.result(report, checkText(report) + list);
    output.next(nextOf(report));
    if (report.errors > 0 && !fix) exitWith(1);
  },
});

/** What to do about a data set: mend it, leave out what is bad, or train. */
function nextOf({ root, fix, errors }: CheckedDataset): Example {
  if (fix)
    return { command: `${PROGRAM} train ${quoted(fix.file)}`, does: 'Train on the images that are listed' };
  if (errors > 0) {
    return { command: `${PROGRAM} check ${quoted(root)} --fix`, does: 'List the images without faults' };
  }
  return { command: `${PROGRAM} train ${quoted(root)}`, does: 'Train on them' };
}

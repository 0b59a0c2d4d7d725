/** `sightline suspects`: images whose label a trained run doubts. */

import { counted, decimal, quoted } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { suspects } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { flag, option, text, wholeNumber } from '../option.ts';
import { table } from '../table.ts';

type Suspects = Awaited<ReturnType<typeof suspects>>;

export const command = defineCommand({
  usage: 'RUN',
  arguments: { RUN: 'The folder of a run with a logistic network, which sightline train makes by default' },
  examples: [
    { command: 'sightline suspects runs/transfer', does: 'The most doubtful labels' },
    {
      command: 'sightline suspects runs/transfer --fix photos.csv',
      does: 'List the images without the surest of them',
    },
  ],
  options: {
    top: option(wholeNumber(1).default(20), { description: 'Show the N most doubtful images', hint: 'N' }),
    all: flag('Show all'),
    fix: option(text('a .csv or .jsonl file').optional(), {
      description: 'Write a table of all images but the training images marked with *; no image is changed',
      hint: 'FILE',
    }),
  },
  async run({ values: { top, all, fix }, args: [run = ''], output, work }) {
    const found = await suspects(run, { fix, ...work });
    output.result(found, textOf(found, all ? Number.POSITIVE_INFINITY : top));
    if (found.fix) {
      output.next({ command: `${PROGRAM} train ${quoted(found.fix.file)}`, does: 'Train without them' });
    } else if (found.suspects.length > 0) {
      const command = `${PROGRAM} suspects ${quoted(run)} --fix images.csv`;
      output.next({ command, does: 'Write a table without the images marked with *' });
    }
  },
});

function textOf({ suspects: found, fix }: Suspects, most: number): string {
  if (found.length === 0) return 'No image has a label that another class fits better.';
  const rows = found
    .slice(0, most)
    .map(({ path, split, label, suggested, probability, labelProbability, confident }) => [
      confident ? '*' : '',
      path,
      split,
      label,
      decimal(labelProbability),
      suggested,
      decimal(probability),
    ]);
  const more = found.length - rows.length;
  const parts = [
    table(
      [
        { title: '' },
        { title: 'image', keeps: 'end' },
        { title: 'split', drop: 1 },
        { title: 'label' },
        { title: 'p', align: 'right', drop: 2 },
        { title: 'fits better' },
        { title: 'p', align: 'right', drop: 3 },
      ],
      rows,
    ),
    ...(more > 0 ? [`and ${counted(more, 'more image', 'more images')}; --all shows them`] : []),
    'p: the probability of the class, by a network that was not trained on the image',
    '* as probable in the other class as its own images are on average: most likely a wrong label',
  ];
  if (fix)
    parts.push(
      `Wrote ${fix.file}: ${counted(fix.kept, 'image')}, without ${counted(fix.leftOut, 'suspect')}.`,
    );
  return parts.join('\n');
}

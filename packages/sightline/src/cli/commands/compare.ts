/** `sightline compare`: runs beside each other, and whether they differ by more than chance. */

import { dirname } from 'node:path';
import { counted, decimal, duration, quoted, visible } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { compare } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { flag } from '../option.ts';
import { table } from '../table.ts';

type Comparison = Awaited<ReturnType<typeof compare>>;

/** Images that only one of two runs gets right are listed up to this number. */
const SHOWN = 5;

export const command = defineCommand({
  usage: 'RUN RUN...',
  arguments: { RUN: 'A run folder' },
  examples: [
    { command: 'sightline compare runs/baseline runs/augmentation', does: 'Two runs' },
    { command: 'sightline compare runs/*', does: 'All runs' },
  ],
  options: { images: flag('List all images that only one of two runs gets right') },
  async run({ values: { images }, args, output }) {
    const comparison = await compare(args);
    output.result(comparison, textOf(comparison, images ? Number.POSITIVE_INFINITY : SHOWN));
    const [folder = '', ...others] = new Set(args.map((run) => dirname(run)));
    // A report shows the runs of one folder.
    if (others.length > 0) return;
    const command = `${PROGRAM} report ${quoted(folder)} --serve`;
    output.next({ command, does: 'Look at the runs side by side' });
  },
});

function textOf({ metrics, differences, pairs }: Comparison, most: number): string {
  const names = metrics.map(({ name }) => name);
  const number = (value: number | null) => (value === null ? '' : decimal(value));
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    right('accuracy'),
    { ...right('loss'), drop: 3 },
    { ...right('best'), drop: 2 },
    { ...right('time'), drop: 1 },
    { title: 'state' },
  ];
  const rows = metrics.map(({ name, accuracy, loss, bestAccuracy, seconds, status }) => [
    name,
    number(accuracy),
    number(loss),
    number(bestAccuracy),
    seconds === null ? '' : duration(seconds),
    status,
  ]);
  const parts = [table([{ title: 'run' }, ...columns], rows)];
  if (differences.length > 0) {
    const settings = differences.map(({ field, values }) => [field, ...values.map(valueText)]);
    parts.push(table([{ title: 'setting', keeps: 'end' }, ...names.map((title) => ({ title }))], settings));
  }
  for (const pair of pairs) {
    const [one, other] = [pair.first, pair.second].map((index) => visible(names[index] ?? '')) as [
      string,
      string,
    ];
    const verdict = pair.p < 0.05 ? 'more than chance' : 'may be chance';
    const counts = `only ${one} is right on ${pair.onlyFirst}, only ${other} on ${pair.onlySecond}`;
    const test = `McNemar's exact test, p ${pair.p.toPrecision(2)}`;
    parts.push(
      [
        `Of ${counted(pair.images, 'image')}, ${counts}: ${verdict} (${test}).`,
        ...pathList(one, pair.firstOnly, most),
        ...pathList(other, pair.secondOnly, most),
      ].join('\n'),
    );
  }
  return parts.join('\n\n');
}

function pathList(name: string, paths: readonly string[], most: number): string[] {
  if (paths.length === 0) return [];
  const more = paths.length - most;
  return [
    `Only ${name} is right on:`,
    ...paths.slice(0, most).map((path) => `  ${visible(path)}`),
    ...(more > 0 ? [`  and ${more} more; --images lists all`] : []),
  ];
}

function valueText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `sightline compare`: runs beside each other: what was set differently, what came of it, and whether it is chance. */
import { counted, decimal, duration, SightlineError } from '@sightline/core';
import { type Comparison, compareRuns } from '@sightline/models';
import { readRun } from '@sightline/runs';
import { defineCommand } from 'citty';
import { openOutput } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { sharedOptions } from './options.ts';

export const compare = defineCommand({
  meta: {
    name: 'compare',
    description: 'Runs beside each other, and whether they differ by more than chance',
  },
  args: {
    runs: { type: 'positional', required: false, description: 'Two run folders or more' },
    images: { type: 'boolean', description: 'List all images that only one of two runs gets right' },
    ...sharedOptions,
  },
  run({ args }) {
    if (args._.length < 2) {
      const example = 'sightline compare runs/baseline runs/augmentation';
      throw new SightlineError('usage', `Expected two run folders or more. For example: ${example}`);
    }
    const runs = args._.map(readRun);
    // Two runs of one name are told apart as they were named.
    const isUnique = new Set(runs.map(({ name }) => name)).size === runs.length;
    const named = isUnique ? runs : runs.map((run, i) => ({ ...run, name: args._[i] ?? run.name }));
    const comparison = compareRuns(named);
    openOutput({ isJson: args.json === true }).result(
      comparison,
      textOf(comparison, args.images === true ? Number.POSITIVE_INFINITY : SHOWN),
    );
  },
});

/** So many images of each kind are listed unless all are asked for. */
const SHOWN = 5;

function textOf({ metrics, differences, pairs }: Comparison, shownImages: number): string {
  const names = metrics.map(({ name }) => name);
  const number = (value: number | null) => (value === null ? '' : decimal(value));
  const right = (title: string) => ({ title, align: 'right' as const });
  const parts = [
    table(
      [
        { title: 'run' },
        right('accuracy'),
        right('loss'),
        right('best'),
        right('training'),
        { title: 'state' },
      ],
      metrics.map(({ name, accuracy, loss, bestAccuracy, seconds, status }) => [
        name,
        number(accuracy),
        number(loss),
        number(bestAccuracy),
        seconds === null ? '' : duration(seconds),
        status,
      ]),
    ),
  ];
  if (differences.length > 0) {
    const rows = differences.map(({ field, values }) => [field, ...values.map(shown)]);
    parts.push(table([{ title: 'set differently' }, ...names.map((title) => ({ title }))], rows));
  }
  const sentences = pairs.map(
    ({ first, second, images, onlyFirst, onlySecond, p, firstOnly, secondOnly }) => {
      const [one, other] = [names[first] ?? '', names[second] ?? ''];
      const verdict = p < 0.05 ? 'more than chance' : 'may be chance';
      const counts = `only ${one} is right on ${onlyFirst}, only ${other} on ${onlySecond}`;
      const sentence = `Of ${counted(images, 'image')}, ${counts}: ${verdict} (McNemar's exact test, p ${p.toPrecision(2)}).`;
      return [sentence, ...list(one, firstOnly, shownImages), ...list(other, secondOnly, shownImages)].join(
        '\n',
      );
    },
  );
  parts.push(...sentences);
  return parts.join('\n\n');
}

function list(name: string, paths: readonly string[], most: number): string[] {
  if (paths.length === 0) return [];
  const more = paths.length - most;
  return [
    `Only ${name} is right on:`,
    ...paths.slice(0, most).map((path) => `  ${path}`),
    ...(more > 0 ? [`  and ${more} more; --images lists all`] : []),
  ];
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

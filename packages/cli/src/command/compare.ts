/** `sightline compare`: runs beside each other: what was set differently, what came of it, and whether it is chance. */
import { type Comparison, compareRuns } from '@sightline/models';
import { readRun } from '@sightline/runs';
import { defineCommand } from 'citty';
import { CliError } from '../error.ts';
import { openOutput } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { counted, decimal, duration } from '../terminal/words.ts';
import { sharedOptions } from './options.ts';

export const compare = defineCommand({
  meta: {
    name: 'compare',
    description: 'Runs beside each other, and whether they differ by more than chance',
  },
  args: {
    runs: { type: 'positional', required: false, description: 'Two run folders or more' },
    ...sharedOptions,
  },
  run({ args }) {
    if (args._.length < 2) {
      const example = 'sightline compare runs/baseline runs/augmentation';
      throw new CliError('usage', `Expected two run folders or more. For example: ${example}`);
    }
    const comparison = compareRuns(args._.map(readRun));
    openOutput({ isJson: args.json === true }).result(comparison, textOf(comparison));
  },
});

function textOf({ metrics, differences, pairs }: Comparison): string {
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
  const sentences = pairs.map(({ first, second, images, onlyFirst, onlySecond, p }) => {
    const [one, other] = [names[first] ?? '', names[second] ?? ''];
    const verdict = p < 0.05 ? 'more than chance' : 'may be chance';
    const counts = `only ${one} is right on ${onlyFirst}, only ${other} on ${onlySecond}`;
    return `Of ${counted(images, 'image')}, ${counts}: ${verdict} (McNemar's exact test, p ${p.toPrecision(2)}).`;
  });
  if (sentences.length > 0) parts.push(sentences.join('\n'));
  return parts.join('\n\n');
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `sightline check`: whether a folder of images can be trained on, before any time is spent on it. */
import { styleText } from 'node:util';
import { type CheckReport, checkDataset, FINDINGS, type FindingKind } from '@sightline/data';
import { defineCommand } from 'citty';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { table } from '../terminal/table.ts';
import { counted, integer } from '../terminal/words.ts';
import { required, sharedOptions } from './options.ts';

export const check = defineCommand({
  meta: {
    name: 'check',
    description: 'Whether a folder of images can be trained on: counts, damage, duplicates',
  },
  args: {
    folder: { type: 'positional', required: false, description: 'The folder of images' },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const [root] = required(args._, 'a folder of images', 'sightline check photographs');
    const { signal, close } = listenForInterrupt();
    const progress = output.progress('checking');
    try {
      const report = await checkDataset(root, {
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      });
      progress.end();
      output.result(report, textOf(report));
      return report.errors > 0 ? 1 : 0;
    } finally {
      progress.end();
      close();
    }
  },
});

function textOf(report: CheckReport): string {
  const { images, classes, formats, sizes, errors, warnings } = report;
  const lines = [
    `${counted(images.length, 'image')} of ${counted(classes.length, 'class')} in ${report.root}`,
  ];
  if (sizes) {
    const kinds = Object.entries(formats).map(
      ([format, count]) => `${integer(count)} ${format.toUpperCase()}`,
    );
    lines.push(`${kinds.join(', ')}; pixels ${sizes.smallest} to ${sizes.largest}, median ${sizes.median}`);
    lines.push('', countTable(report));
  }
  lines.push(...findings(report), '');
  if (errors + warnings === 0) lines.push('Nothing was found that would spoil a training.');
  else lines.push(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}.`);
  return lines.join('\n');
}

function countTable({ counts, classes }: CheckReport): string {
  const rows = Object.entries(counts).map(([split, byClass]) => [
    split,
    ...classes.map((name) => integer(byClass[name] ?? 0)),
  ]);
  return table([{ title: 'split' }, ...classes.map((title) => ({ title, align: 'right' as const }))], rows);
}

/** So many of each kind are shown: `--json` has all. */
const shown = 5;

function findings(report: CheckReport): string[] {
  return (Object.keys(FINDINGS) as FindingKind[]).flatMap((kind) => {
    const ofKind = report.findings.filter((each) => each.kind === kind);
    if (ofKind.length === 0) return [];
    const { severity, title } = FINDINGS[kind];
    const colour = severity === 'error' ? 'red' : 'yellow';
    const more = ofKind.length - shown;
    return [
      '',
      `${styleText(colour, severity)}  ${title} (${ofKind.length})`,
      ...ofKind.slice(0, shown).map(({ message }) => `  ${message}`),
      ...(more > 0 ? [`  and ${more} more; --json lists all`] : []),
    ];
  });
}

/** `sightline check`: whether a folder of images can be trained on, before any time is spent on it. */

import { styleText } from 'node:util';
import { counted, integer, quoted, SightlineError } from '@sightline/core';
import {
  type CheckReport,
  type CleanList,
  checkDataset,
  cleanList,
  FINDINGS,
  type FindingKind,
} from '@sightline/data';
import { defineCommand } from 'citty';
import { keepCheck } from '../run/check-artifacts.ts';
import { checkCleanTable, cleanTablePath, writeCleanTable } from '../run/clean-table.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { table } from '../terminal/table.ts';
import { required, sharedOptions } from './options.ts';

export const check = defineCommand({
  meta: {
    name: 'check',
    description: 'Whether a folder of images can be trained on: counts, damage, duplicates',
  },
  args: {
    folder: {
      type: 'positional',
      required: false,
      description: 'The folder of images, or a .zip, .csv or .jsonl',
    },
    fix: {
      type: 'boolean',
      description: 'Write a list of the images that nothing speaks against; no image is touched',
    },
    output: {
      type: 'string',
      description: 'The list, .csv or .jsonl; DIR.clean.csv beside the folder unless given',
      valueHint: 'FILE',
    },
    save: {
      type: 'string',
      description: 'Keep what was found, with pictures, for `sightline report`: checks/NAME beside runs/',
      valueHint: 'CHECK',
    },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const [root] = required(args._, 'a folder of images', 'sightline check photographs');
    if (args.output !== undefined && !args.fix) {
      throw new SightlineError('usage', '--output names the list that --fix writes: give both, or neither.');
    }
    const file = args.output ?? cleanTablePath(root);
    if (args.fix) checkCleanTable(root, file);
    const { signal, close } = listenForInterrupt();
    const progress = output.progress('checking');
    try {
      const report = await checkDataset(root, {
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      });
      progress.end();
      if (args.save !== undefined) await keepCheck(args.save, report, commandOf(root, args.save));
      const saved = args.save === undefined ? {} : { saved: args.save };
      if (!args.fix) {
        output.result({ ...report, ...saved }, textOf(report));
        return report.errors > 0 ? 1 : 0;
      }
      const list = cleanList(report);
      await writeCleanTable(root, list.rows, file);
      const fix = { file, kept: list.rows.length, leftOut: list.leftOut };
      output.result({ ...report, ...saved, fix }, `${textOf(report)}\n\n${fixText(list, file)}`);
      return 0;
    } finally {
      progress.end();
      close();
    }
  },
});

const commandOf = (root: string, save: string) =>
  ['sightline', 'check', root, '--save', save].map(quoted).join(' ');

/** How many images the list has, and which are not in it and why. */
function fixText({ rows, leftOut }: CleanList, file: string): string {
  const lines = [`${file} lists ${counted(rows.length, 'image')}. Nothing was deleted or moved.`];
  if (leftOut.length === 0) return lines.join('\n');
  lines.push(`Left out (${integer(leftOut.length)}):`);
  lines.push(
    ...leftOut.slice(0, leftOutShown).map(({ path, because }) => `  ${JSON.stringify(path)}: ${because}`),
  );
  if (leftOut.length > leftOutShown) {
    lines.push(`  and ${integer(leftOut.length - leftOutShown)} more; --json lists all`);
  }
  return lines.join('\n');
}

const leftOutShown = 20;

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

/** The findings of a check, for a terminal. */

import { counted, integer, shown, visible } from '@sightline/core';
import { FINDINGS, type FindingKind, isOfFolders, SERIES_GROUP } from '@sightline/data';
import { whyUnlistable } from '../dataset/clean-table.ts';
import type { CheckedDataset } from '../index.ts';
import type { Styled } from './output.ts';
import { table } from './table.ts';

/** Findings of each kind, and images that --fix leaves out, are shown up to these numbers: `--json` has all. */
const FINDINGS_SHOWN = 5;
const LEFT_OUT_SHOWN = 20;
/** Of more classes than these, so many of the largest and of the smallest are shown. */
const [MOST_CLASSES, SHOWN_CLASSES] = [30, 10];
const [BAR, BAR_WIDTH] = ['▪', 20];

/** Parts of a text. */
type Parts = readonly (string | Styled)[];

export function checkText(report: CheckedDataset): Parts {
  const { images, classes, formats, sizes, errors, warnings } = report;
  const lines = [
    `${counted(images.length, 'image')} of ${counted(classes.length, 'class')} in ${visible(report.root)}`,
  ];
  if (sizes) {
    const kinds = Object.entries(formats).map(
      ([format, count]) => `${integer(count)} ${format.toUpperCase()}`,
    );
    lines.push(`${kinds.join(', ')}; ${pixelsText(sizes)}`);
    lines.push('', countTable(report));
  }
  const end =
    errors + warnings === 0
      ? 'Nothing was found that would spoil a training.'
      : `${counted(errors, 'error')}, ${counted(warnings, 'warning')}.`;
  return [lines.join('\n'), ...findingParts(report), `\n\n${end}`];
}

function pixelsText({ smallest, median, largest }: NonNullable<CheckedDataset['sizes']>): string {
  if (smallest === largest) return `all of ${smallest} pixels`;
  return `pixels ${smallest} to ${largest}, median ${median}`;
}

/** How many images the table of --fix has, and which are not in it and why. */
export function cleanListText({ fix, findings }: CheckedDataset): Parts {
  if (!fix) return [];
  const { file, kept, leftOut, losses } = fix;
  const lines = [`\n\n${file} lists ${counted(kept, 'image')}. Nothing was deleted or moved.`];
  const unmended = errorsOfFolders(findings).length;
  if (unmended > 0) {
    lines.push(`Mend the folders first: the list has ${counted(unmended, 'error')} of theirs, too.`);
  }
  if (leftOut.length === 0) return [lines.join('\n')];
  lines.push(`Left out (${integer(leftOut.length)}):`);
  lines.push(...leftOut.slice(0, LEFT_OUT_SHOWN).map(({ path, because }) => `  ${shown(path)}: ${because}`));
  const more = leftOut.length - LEFT_OUT_SHOWN;
  if (more > 0) lines.push(`  and ${integer(more)} more; --json lists all`);
  const warnings = losses.flatMap(({ className, images, leftOut: lost }) => {
    const loss = `${shown(className)} loses ${integer(lost)} of ${counted(images, 'image')}`;
    return ['\n', WARNING, `  ${loss}: look at them before you train on the list.`];
  });
  return [lines.join('\n'), ...warnings];
}

/** A row for each class, with a bar; of many classes the largest and the smallest. */
function countTable({ counts, classes }: CheckedDataset): string {
  const splits = Object.keys(counts);
  const countOf = (split: string, name: string) => counts[split as 'train']?.[name] ?? 0;
  const totals = new Map(classes.map((name) => [name, sum(splits.map((split) => countOf(split, name)))]));
  const isLong = classes.length > MOST_CLASSES;
  const order = isLong ? classes.toSorted((a, b) => totals.get(b)! - totals.get(a)!) : classes;
  const most = Math.max(1, ...totals.values());
  const rowOf = (name: string) => [
    name,
    ...splits.map((split) => integer(countOf(split, name))),
    BAR.repeat(Math.round((totals.get(name)! / most) * BAR_WIDTH)),
  ];
  const columns = [
    { title: 'class' },
    ...splits.map((title) => ({ title, align: 'right' as const })),
    { title: '', drop: 1 },
  ];
  if (!isLong) return table(columns, order.map(rowOf));
  const shown = [...order.slice(0, SHOWN_CLASSES), ...order.slice(-SHOWN_CLASSES)];
  const rows = table(columns, shown.map(rowOf)).split('\n');
  const between = `… ${classes.length - shown.length} more; --json lists all`;
  return rows.toSpliced(2 + SHOWN_CLASSES, 0, between).join('\n');
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const WARNING: Styled = { text: 'warning', style: 'yellow' };
const ERROR: Styled = { text: 'error', style: 'red' };

function findingParts({ findings }: CheckedDataset): Parts {
  return (Object.keys(FINDINGS) as FindingKind[]).flatMap((kind) => {
    const ofKind = findings.filter((finding) => finding.kind === kind);
    if (ofKind.length === 0) return [];
    const { title } = FINDINGS[kind];
    const severity = ofKind.some((finding) => finding.severity === 'error') ? ERROR : WARNING;
    const more = ofKind.length - FINDINGS_SHOWN;
    const lines = [
      `  ${title} (${ofKind.length})`,
      ...ofKind.slice(0, FINDINGS_SHOWN).map(({ message }) => `  ${message}`),
      ...(more > 0 ? [`  and ${more} more; --json lists all`] : []),
    ];
    return ['\n\n', severity, lines.join('\n')];
  });
}

/** Whether a list of the good images has none of the errors. */
export const isListMending = ({ root, findings }: CheckedDataset) =>
  errorsOfFolders(findings).length === 0 && whyUnlistable(root) === undefined;

/** The option that keeps series of images on one side of the split, where there are any. */
export const seriesOptions = ({ findings }: CheckedDataset): string[] =>
  findings.some(({ kind }) => kind === 'series') ? ['--group', SERIES_GROUP] : [];

const errorsOfFolders = (findings: CheckedDataset['findings']) =>
  findings.filter((finding) => finding.severity === 'error' && isOfFolders(finding));

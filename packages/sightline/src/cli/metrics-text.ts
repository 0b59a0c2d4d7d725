/** A model's metrics on labeled images, for a terminal of 80 columns. `--json` has all of them. */

import { counted, decimal, inWords, listed } from '@sightline/core';
import type { SplitMetrics } from '@sightline/metrics';
import { resultWidth } from './output.ts';
import { table } from './table.ts';

/** Names in a sentence. */
const MOST_NAMES = 6;
/** A confusion matrix of more columns of text is hard to read, whether or not the terminal has them. */
const MATRIX_WIDTH = 100;
/** Rows of a class table of many classes, those that are found least first, and of confused pairs. */
const [MOST_CLASSES, SHOWN_CLASSES] = [24, 16];
const MOST_PAIRS = 8;
/** Rows of the table of areas. */
const MOST_AREAS = 12;

const right = (title: string) => ({ title, align: 'right' as const });
const interval = ([low, high]: readonly [number, number]) => `${decimal(low)} to ${decimal(high)}`;

/** Tables and sentences with a blank line between them. Intervals are 95 % confidence intervals. */
export function metricsText(metrics: SplitMetrics): string {
  const parts = [
    classTable(metrics),
    withoutImages(metrics),
    areaTable(metrics),
    sentences(metrics),
    confusionText(metrics),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function classTable({ classes, macro }: SplitMetrics): string {
  const left = macro.without?.length ?? 0;
  const means = left === 0 ? 'mean of classes' : `mean of ${counted(classes.length - left, 'class')}`;
  const measured = classes.filter(({ support }) => support > 0);
  const isLong = measured.length > MOST_CLASSES;
  const shown = isLong ? measured.toSorted((a, b) => a.recall - b.recall).slice(0, SHOWN_CLASSES) : classes;
  const more = measured.length - shown.length;
  const rows = table(
    [
      { title: 'class' },
      { ...right('precision'), drop: 1 },
      right('recall'),
      { ...right('F1'), drop: 2 },
      { ...right('95 % of F1'), drop: 3 },
      right('images'),
    ],
    [
      ...shown.map((row) => [
        row.class,
        // Nothing is known of a class that no image is of.
        ...(row.support === 0
          ? ['–', '–', '–', '–']
          : [...[row.precision, row.recall, row.f1].map(decimal), interval(row.f1Interval)]),
        String(row.support),
      ]),
      [means, ...[macro.precision, macro.recall, macro.f1].map(decimal), '', ''],
    ],
  );
  if (!isLong) return rows;
  return `${rows}\nThe ${shown.length} classes of the lowest recall; --json has the ${more} others.`;
}

function withoutImages({ macro: { without = [] } }: SplitMetrics): string {
  if (without.length === 0) return '';
  const more = without.length - MOST_NAMES;
  const names = listed(without.slice(0, MOST_NAMES));
  return `No images of ${names}${more > 0 ? ` and ${inWords(more)} more` : ''}: left out of the means.`;
}

function areaTable({ ranking }: SplitMetrics): string {
  const cell = ({ area, interval: within }: { area: number | null; interval: [number, number] | null }) => {
    if (area === null) return 'one class only';
    return within ? `${decimal(area)} (${interval(within)})` : decimal(area);
  };
  const shown =
    ranking.length > MOST_AREAS ? ranking.toSorted((a, b) => (a.roc.area ?? 1) - (b.roc.area ?? 1)) : ranking;
  return table(
    [{ title: 'class' }, right('ROC area'), { ...right('average precision'), drop: 1 }],
    shown.slice(0, MOST_AREAS).map((row) => [row.class, cell(row.roc), cell(row.precisionRecall)]),
  );
}

function sentences({ calibration, topK, threshold, classes }: SplitMetrics): string {
  const lines = [`Expected calibration error: ${decimal(calibration.expectedError)}`];
  if (topK.length > 1) {
    lines.push(`Top-k accuracy: ${topK.map((share, i) => `${i + 1}: ${decimal(share)}`).join(', ')}`);
  }
  if (threshold) {
    const { score, recall, specificity } = threshold;
    lines.push(
      `Best threshold for ${classes.at(-1)?.class} (Youden's J): ${decimal(score)}`,
      `  recall ${decimal(recall)}, specificity ${decimal(specificity)}`,
    );
  }
  return lines.join('\n');
}

/** The matrix where it can be read, else the pairs that are confused most. */
function confusionText({ confusion, classes }: SplitMetrics): string {
  const names = classes.map((row) => row.class);
  const matrix = table(
    [{ title: 'true \\ predicted' }, ...names.map(right)],
    confusion.map((row, i) => [names[i] ?? '', ...row.map(String)]),
    Number.POSITIVE_INFINITY,
  );
  if (matrix.indexOf('\n') <= Math.min(MATRIX_WIDTH, resultWidth())) return matrix;
  const pairs = confusion
    .flatMap((row, i) =>
      row.map((count, k) => ({ count, label: names[i]!, predicted: names[k]!, isRight: i === k })),
    )
    .filter(({ count, isRight }) => count > 0 && !isRight)
    .sort((a, b) => b.count - a.count);
  if (pairs.length === 0) return '';
  return table(
    [{ title: 'most frequent mistakes' }, { title: 'predicted as' }, right('times')],
    pairs.slice(0, MOST_PAIRS).map(({ label, predicted, count }) => [label, predicted, String(count)]),
  );
}

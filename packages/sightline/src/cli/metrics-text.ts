/** A model's metrics on labeled images, for a terminal of 80 columns. `--json` has all of them. */

import { decimal, inWords, listed } from '@sightline/core';
import type { SplitMetrics } from '@sightline/metrics';
import { table } from './table.ts';

/** With more classes than these a confusion matrix is too wide, and names in a sentence are too many. */
const MOST_COLUMNS = 6;
/** Rows of the table of areas. */
const MOST_AREAS = 12;

const right = (title: string) => ({ title, align: 'right' as const });
const interval = ([low, high]: readonly [number, number]) => `${decimal(low)} to ${decimal(high)}`;

/** Tables and sentences with a blank line between them. Intervals are 95 % confidence intervals. */
export function metricsText(metrics: SplitMetrics): string {
  const parts = [classTable(metrics), withoutImages(metrics), areaTable(metrics), sentences(metrics)];
  if (metrics.classes.length <= MOST_COLUMNS) parts.push(confusionTable(metrics));
  return parts.filter((part) => part !== '').join('\n\n');
}

function classTable({ classes, macro }: SplitMetrics): string {
  const left = macro.without?.length ?? 0;
  const means = left === 0 ? 'mean of classes' : `mean of ${classes.length - left} classes`;
  return table(
    [{ title: 'class' }, ...['precision', 'recall', 'F1', '95 % of F1', 'images'].map(right)],
    [
      ...classes.map((row) => [
        row.class,
        ...[row.precision, row.recall, row.f1].map(decimal),
        interval(row.f1Interval),
        String(row.support),
      ]),
      [means, ...[macro.precision, macro.recall, macro.f1].map(decimal), '', ''],
    ],
  );
}

function withoutImages({ macro: { without = [] } }: SplitMetrics): string {
  if (without.length === 0) return '';
  const more = without.length - MOST_COLUMNS;
  const names = listed(without.slice(0, MOST_COLUMNS));
  return `No images of ${names}${more > 0 ? ` and ${inWords(more)} more` : ''}: left out of the means.`;
}

function areaTable({ ranking }: SplitMetrics): string {
  const cell = ({ area, interval: within }: { area: number | null; interval: [number, number] | null }) => {
    if (area === null) return 'one class only';
    return within ? `${decimal(area)} (${interval(within)})` : decimal(area);
  };
  return table(
    [{ title: 'class' }, right('ROC area'), right('average precision')],
    ranking.slice(0, MOST_AREAS).map((row) => [row.class, cell(row.roc), cell(row.precisionRecall)]),
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

function confusionTable({ confusion, classes }: SplitMetrics): string {
  return table(
    [{ title: 'true \\ predicted' }, ...classes.map((row) => right(row.class))],
    confusion.map((row, i) => [classes[i]?.class ?? '', ...row.map(String)]),
  );
}

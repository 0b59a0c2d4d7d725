/** A model's metrics on labeled images, for a terminal. */

import { decimal, inWords, listed } from '@sightline/core';
import type { SplitMetrics } from '@sightline/metrics';
import { table } from './table.ts';

/** With more classes than these, a confusion matrix is wider than 80 columns; `--json` has it. */
const MOST_CLASSES = 6;

const right = (title: string) => ({ title, align: 'right' as const });
const within = (value: number, [low, high]: readonly [number, number]) =>
  `${decimal(value)} (${decimal(low)} to ${decimal(high)})`;

/** Tables and sentences with a blank line between them. Intervals are 95 % confidence intervals. */
export function metricsText(metrics: SplitMetrics): string {
  const { classes, macro, confusion } = metrics;
  const { without = [] } = macro;
  const means =
    without.length === 0 ? 'mean of classes' : `mean of ${classes.length - without.length} classes`;
  const byClass = table(
    [{ title: 'class' }, right('precision'), right('recall'), right('F1'), right('images')],
    [
      ...classes.map((row) => [
        row.class,
        within(row.precision, row.precisionInterval),
        within(row.recall, row.recallInterval),
        within(row.f1, row.f1Interval),
        String(row.support),
      ]),
      [means, decimal(macro.precision), decimal(macro.recall), decimal(macro.f1), ''],
    ],
  );
  const parts = [byClass];
  if (without.length > 0) {
    parts.push(
      `No images of ${listed(without.slice(0, MOST_CLASSES))}${more(without)}: left out of the means.`,
    );
  }
  parts.push(summaryText(metrics));
  if (classes.length <= MOST_CLASSES) {
    parts.push(
      table(
        [{ title: 'true \\ predicted' }, ...classes.map((row) => right(row.class))],
        confusion.map((row, i) => [classes[i]?.class ?? '', ...row.map(String)]),
      ),
    );
  }
  return parts.join('\n\n');
}

const more = (names: readonly string[]) =>
  names.length > MOST_CLASSES ? ` and ${inWords(names.length - MOST_CLASSES)} more` : '';

function summaryText({ ranking, calibration, topK, threshold, classes }: SplitMetrics): string {
  const lines: string[] = [];
  const area = ({ area, interval }: { area: number | null; interval: [number, number] | null }) => {
    if (area === null) return 'none, as all images are of one class';
    return interval ? within(area, interval) : decimal(area);
  };
  for (const { class: name, roc, precisionRecall } of ranking.slice(0, MOST_CLASSES)) {
    const of = ranking.length > 1 ? ` of ${name}` : '';
    lines.push(`ROC area${of} ${area(roc)}, average precision of ${name} ${area(precisionRecall)}`);
  }
  lines.push(`expected calibration error ${decimal(calibration.expectedError)}`);
  if (topK.length > 1) {
    lines.push(`top-k accuracy: ${topK.map((share, i) => `${i + 1} ${decimal(share)}`).join(', ')}`);
  }
  const last = classes.at(-1)?.class;
  if (threshold) {
    const { score, recall, specificity } = threshold;
    lines.push(
      `best threshold for ${last} (Youden's J): ${decimal(score)}, recall ${decimal(recall)}, specificity ${decimal(specificity)}`,
    );
  }
  return lines.join('\n');
}

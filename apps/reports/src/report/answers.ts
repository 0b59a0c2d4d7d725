// What a run answered for each validation image, counted: the confusion matrix, and how sure it was.

import type { LoadedRun, Prediction } from '@sightline/runs';
import { scoreHistogram } from '@sightline/viz';
import type { Chart, Confusion } from './model.ts';
import { decimal } from './wording.ts';

/** Null where nothing was predicted. Classes that only stand in the predictions are added behind the data's own. */
export function confusionOf(
  predictions: readonly Prediction[],
  dataClasses: readonly string[],
): Confusion | null {
  if (predictions.length === 0) return null;
  const classes = [...new Set([...dataClasses, ...predictions.flatMap((p) => [p.label, p.predicted])])];
  const index = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const { label, predicted } of predictions) counts[index.get(label)!]![index.get(predicted)!]! += 1;
  const rows = counts.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return {
      label: classes[i]!,
      cells: row.map((count, j) => ({ count, share: total === 0 ? 0 : count / total, isRight: i === j })),
      recall: total === 0 ? 'no images' : decimal(row[i]! / total),
      total,
    };
  });
  const right = predictions.filter((p) => p.label === p.predicted).length;
  return { classes, rows, right, total: predictions.length };
}

/** How the probabilities lie, for a binary problem; null for others. */
export function scoresOf({ run }: LoadedRun, predictions: readonly Prediction[]): Chart | null {
  const [first, last, ...others] = run.data.classes;
  if (predictions.length === 0 || first === undefined || last === undefined || others.length > 0) return null;
  const scores = predictions.map(({ score, label }) => ({ score, isLastClass: label === last }));
  const classes = [first, last] as const;
  return {
    wide: scoreHistogram(scores, { classes }),
    narrow: scoreHistogram(scores, { classes, width: 340, height: 280 }),
  };
}

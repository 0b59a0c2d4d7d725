// What a run answered for each validation image, counted: the confusion matrix, and how sure it was.

import { decimal } from '@sightline/core';
import type { LoadedRun, Prediction } from '@sightline/runs';
import { scoreHistogram } from '@sightline/viz';
import type { Chart, Confusion } from './model.ts';

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
  return toConfusion(counts, classes);
}

/** The matrix of counts [label][predicted]. */
export function toConfusion(counts: number[][], classes: string[]): Confusion {
  const isTable = classes.length <= mostClasses;
  return {
    classes,
    rows: isTable ? counts.map((row, i) => toRow(row, i, classes)) : [],
    mistakes: isTable ? [] : frequentMistakes(counts, classes),
    right: counts.reduce((sum, row, i) => sum + row[i]!, 0),
    total: counts.flat().reduce((sum, count) => sum + count, 0),
  };
}

/** A table of more classes than these is wider than any screen. */
const mostClasses = 20;

function toRow(counts: number[], index: number, classes: string[]): Confusion['rows'][0] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    label: classes[index]!,
    cells: counts.map((count, j) => ({
      count,
      share: total === 0 ? 0 : count / total,
      isRight: index === j,
    })),
    recall: total === 0 ? 'no images' : decimal(counts[index]! / total),
    total,
  };
}

function frequentMistakes(counts: number[][], classes: string[]): Confusion['mistakes'] {
  return counts
    .flatMap((row, i) => row.map((count, j) => ({ label: classes[i]!, predicted: classes[j]!, count })))
    .filter(({ label, predicted, count }) => label !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, mostClasses);
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

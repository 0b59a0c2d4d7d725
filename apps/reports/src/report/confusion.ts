// The confusion matrix of a run: how often images of each class were predicted as each class.

import type { Answer } from './report-run.ts';

export interface Confusion {
  classes: readonly string[];
  /** Counts [label][predicted]. */
  counts: readonly (readonly number[])[];
  correct: number;
  total: number;
  /** The pairs of classes that were confused, the most frequent first. */
  pairs: readonly ConfusedPair[];
}

export interface ConfusedPair {
  /** Indices into `classes`. */
  label: number;
  predicted: number;
  count: number;
}

/** Null without predictions. Classes that only the predictions have are added behind the data's own. */
export function confusionOf(answers: readonly Answer[], dataClasses: readonly string[]): Confusion | null {
  if (answers.length === 0) return null;
  const classes = [...new Set([...dataClasses, ...answers.flatMap((row) => [row.label, row.predicted])])];
  const index = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const { label, predicted } of answers) counts[index.get(label)!]![index.get(predicted)!]! += 1;
  return toConfusion(counts, classes);
}

/** The matrix of given counts [label][predicted]. */
export function toConfusion(counts: readonly (readonly number[])[], classes: readonly string[]): Confusion {
  const pairs = counts.flatMap((row, label) =>
    row.flatMap((count, predicted) =>
      count > 0 && predicted !== label ? [{ label, predicted, count }] : [],
    ),
  );
  let [correct, total] = [0, 0];
  counts.forEach((row, label) => {
    correct += row[label]!;
    for (const count of row) total += count;
  });
  return { classes, counts, correct, total, pairs: pairs.sort((a, b) => b.count - a.count) };
}

/** The place of a pair on the page of mistakes. */
export const pairId = (label: number, predicted: number): string => `p${label}-${predicted}`;

/**
 * Class indices in an order in which confused classes stand beside each other: from the class that is confused most,
 * always on to the one that is most often confused with the last, and where none is, to the next that is confused
 * most. Classes that are never confused come last.
 */
export function orderBySimilarity({ counts, pairs }: Confusion): number[] {
  const confused = counts.map(() => 0);
  for (const { label, predicted, count } of pairs) {
    confused[label]! += count;
    confused[predicted]! += count;
  }
  const left = counts.map((_, k) => k).sort((a, b) => confused[b]! - confused[a]!);
  const order = left.splice(0, 1);
  const shared = (a: number, b: number) => counts[a]![b]! + counts[b]![a]!;
  while (left.length > 0) {
    const last = order.at(-1)!;
    let next = 0;
    left.forEach((k, i) => {
      if (shared(last, k) > shared(last, left[next]!)) next = i;
    });
    order.push(...left.splice(next, 1));
  }
  return order;
}

// Which class was taken for which, and what follows: precision, recall and F1 of each class.

import { wilsonInterval } from '@sightline/viz';

export type Interval = readonly [low: number, high: number];

export interface ClassScores {
  readonly class: string;
  /** Of the images called this class, the share that is. 0 where none was called so, as scikit-learn has it. */
  readonly precision: number;
  /** 95 %, Wilson's, of so many images called this class. */
  readonly precisionInterval: Interval;
  /** Of the images of this class, the share that was found. */
  readonly recall: number;
  readonly recallInterval: Interval;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** See `f1Interval`. */
  readonly f1Interval: Interval;
  /** Images of this class. */
  readonly support: number;
}

/** Counts [label][predicted]. */
export function confusionMatrix(labels: Int32Array, predicted: Int32Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    counts[label]![predicted[i]!]!++;
  });
  return counts;
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** Precision, recall and F1 of each class. */
export function classScores(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): ClassScores[] {
  return classes.map((name, k) => {
    const hits = confusion[k]![k]!;
    const support = confusion[k]!.reduce((a, b) => a + b, 0);
    const called = confusion.reduce((sum, row) => sum + row[k]!, 0);
    const [precision, recall] = [ratio(hits, called), ratio(hits, support)];
    return {
      class: name,
      precision,
      precisionInterval: intervalOf(precision, called),
      recall,
      recallInterval: intervalOf(recall, support),
      f1: ratio(2 * hits, support + called),
      f1Interval: f1Interval(hits, support + called - hits),
      support,
    };
  });
}

/** Of nothing, nothing is known. */
const intervalOf = (share: number, count: number): Interval =>
  count === 0 ? [0, 1] : wilsonInterval(share, count);

/**
 * F1 is no share of images, but grows with one: of the images that are of a class or were called so, the share J that
 * is both (Jaccard's index) gives F1 = 2 J / (1 + J). So the ends of J's Wilson interval give those of F1's.
 */
function f1Interval(hits: number, union: number): Interval {
  const [low, high] = intervalOf(ratio(hits, union), union);
  return [(2 * low) / (1 + low), (2 * high) / (1 + high)];
}

/** The unweighted means over classes. */
export function macroScores(scores: readonly ClassScores[]): {
  precision: number;
  recall: number;
  f1: number;
} {
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    scores.reduce((sum, s) => sum + s[key], 0) / scores.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

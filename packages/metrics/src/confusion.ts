// Which class was predicted for which, and what follows: precision, recall and F1 of each class and their means.

import { type Interval, wilsonInterval } from './wilson.ts';

export interface ClassScores {
  readonly class: string;
  /** The share of the images predicted as this class that are of it. 0 where none was, as in scikit-learn. */
  readonly precision: number;
  /** 95%, Wilson's. */
  readonly precisionInterval: Interval;
  /** The share of the images of this class that were predicted as it. */
  readonly recall: number;
  readonly recallInterval: Interval;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
  readonly f1Interval: Interval;
  /** The number of images of this class. */
  readonly support: number;
}

/** Unweighted means over the classes that have images: of the others no recall can be measured. */
export interface MacroScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** The classes without images, which the means leave out. */
  readonly without: readonly string[];
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
    const predicted = confusion.reduce((sum, row) => sum + row[k]!, 0);
    const [precision, recall] = [ratio(hits, predicted), ratio(hits, support)];
    return {
      class: name,
      precision,
      precisionInterval: wilsonInterval(precision, predicted),
      recall,
      recallInterval: wilsonInterval(recall, support),
      f1: ratio(2 * hits, support + predicted),
      f1Interval: f1Interval(hits, support + predicted - hits),
      support,
    };
  });
}

/**
 * F1 is no share of images, but grows with one: F1 = 2 J / (1 + J), where J (Jaccard's index) is the share of the
 * images of a class or predicted as it that are both. So the ends of J's Wilson interval give those of F1's.
 */
function f1Interval(hits: number, union: number): Interval {
  const [low, high] = wilsonInterval(ratio(hits, union), union);
  return [(2 * low) / (1 + low), (2 * high) / (1 + high)];
}

export function macroScores(scores: readonly ClassScores[]): MacroScores {
  const present = scores.filter(({ support }) => support > 0);
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    ratio(
      present.reduce((sum, row) => sum + row[key], 0),
      present.length,
    );
  return {
    precision: mean('precision'),
    recall: mean('recall'),
    f1: mean('f1'),
    without: scores.filter(({ support }) => support === 0).map((row) => row.class),
  };
}

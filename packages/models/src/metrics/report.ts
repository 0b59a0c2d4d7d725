// All figures of a classifier on labelled images, from its probabilities.

import { wilsonInterval } from '@sightline/viz';
import { perClass, predictedClasses } from '../evaluate/predictions.ts';
import { bootstrapAreas } from './bootstrap.ts';
import { type Calibration, calibration } from './calibration.ts';
import { type ClassScores, classScores, confusionMatrix, type Interval, macroScores } from './confusion.ts';
import { type Curve, precisionRecallCurve, rocCurve } from './curves.ts';

export interface RankingScores {
  readonly class: string;
  readonly roc: Curve & { readonly interval: Interval };
  /** The area is the average precision. */
  readonly precisionRecall: Curve & { readonly interval: Interval };
}

export interface Report {
  readonly count: number;
  readonly accuracy: number;
  /** 95 %, Wilson's. */
  readonly accuracyInterval: Interval;
  readonly classes: readonly ClassScores[];
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** Counts [label][predicted]. */
  readonly confusion: readonly (readonly number[])[];
  /** For two classes the second against the first; for more each against the rest. */
  readonly ranking: readonly RankingScores[];
  readonly calibration: Calibration;
  /** The share of images whose class is among the k most probable, k from 1 to 5 or one less than the classes. */
  readonly topK: readonly number[];
  /** For two classes: the score from which on to call the second, so that recall plus specificity is greatest. */
  readonly threshold: {
    readonly score: number;
    readonly recall: number;
    readonly specificity: number;
  } | null;
}

/** The report of (n, units) probabilities; `units` is 1 for two classes, and then the second's. */
export function report(
  labels: Int32Array,
  probabilities: Float32Array,
  units: number,
  classes: readonly string[],
): Report {
  const predicted = predictedClasses(probabilities, units);
  const confusion = confusionMatrix(labels, predicted, classes.length);
  const scores = classScores(confusion, classes);
  const all = perClass(probabilities, units);
  const column = (k: number) => Float32Array.from(labels, (_, row) => all[row * classes.length + k]!);
  const right = Array.from(labels, (label, i) => label === predicted[i]);
  const accuracy = right.filter(Boolean).length / labels.length;
  const ranked = classes.length === 2 ? [1] : classes.map((_, k) => k);
  const ranking = ranked.map((k) =>
    rankingScores(
      classes[k]!,
      column(k),
      Array.from(labels, (label) => label === k),
      draws(labels.length, ranked.length),
    ),
  );
  const confidences = Float64Array.from(predicted, (k, row) => all[row * classes.length + k]!);
  return {
    count: labels.length,
    accuracy,
    accuracyInterval: wilsonInterval(accuracy, labels.length),
    classes: scores,
    macro: macroScores(scores),
    confusion,
    ranking,
    calibration: calibration(confidences, right),
    topK: topK(labels, all, classes.length),
    threshold: classes.length === 2 ? bestThreshold(ranking[0]!.roc) : null,
  };
}

/** Draws for an interval: a thousand, or fewer where many classes of many images would take longer than training. */
const draws = (images: number, curves: number): number =>
  Math.min(1000, Math.max(100, Math.floor(1e8 / (images * curves))));

function rankingScores(
  name: string,
  scores: Float32Array,
  positive: boolean[],
  count: number,
): RankingScores {
  const intervals = bootstrapAreas(scores, positive, count);
  return {
    class: name,
    roc: { ...rocCurve(scores, positive), interval: intervals.roc },
    precisionRecall: { ...precisionRecallCurve(scores, positive), interval: intervals.averagePrecision },
  };
}

function topK(labels: Int32Array, all: Float32Array, classes: number): number[] {
  const ranks = Array.from(labels, (label, row) => {
    const of = all.subarray(row * classes, (row + 1) * classes);
    // As many classes come before it as score more, or as much with a lower index: as argmax breaks ties.
    return of.reduce((rank, p, k) => rank + (p > of[label]! || (p === of[label] && k < label) ? 1 : 0), 0);
  });
  const count = Math.max(1, Math.min(5, classes - 1));
  return Array.from({ length: count }, (_, k) => ranks.filter((rank) => rank <= k).length / labels.length);
}

/** Youden's: the point of a ROC curve that lies highest over the diagonal; the highest threshold of equals. */
function bestThreshold({ points }: Curve): Report['threshold'] {
  let best = points[0]!;
  for (const point of points) if (point.y - point.x > best.y - best.x) best = point;
  return { score: Math.min(best.threshold, 1), recall: best.y, specificity: 1 - best.x };
}

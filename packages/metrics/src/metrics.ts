// All metrics of a classifier on labeled images, from its probabilities.

import { bootstrapAreas } from './bootstrap.ts';
import { type Calibration, calibration } from './calibration.ts';
import {
  type ClassScores,
  classScores,
  confusionMatrix,
  type MacroScores,
  macroScores,
} from './confusion.ts';
import { type Curve, precisionRecallCurve, rocCurve } from './curves.ts';
import { perClass, predictedClasses } from './predictions.ts';
import { type Interval, wilsonInterval } from './wilson.ts';

export interface RankingScores {
  readonly class: string;
  readonly roc: Curve & { readonly interval: Interval };
  /** The area is the average precision. */
  readonly precisionRecall: Curve & { readonly interval: Interval };
}

export interface ClassificationMetrics {
  /** The number of images. */
  readonly count: number;
  readonly accuracy: number;
  /** 95%, Wilson's. */
  readonly accuracyInterval: Interval;
  readonly classes: readonly ClassScores[];
  readonly macro: MacroScores;
  /** Counts [label][predicted]. */
  readonly confusion: readonly (readonly number[])[];
  /** For two classes, the second against the first; for more, each against the rest. */
  readonly ranking: readonly RankingScores[];
  readonly calibration: Calibration;
  /** The share of images whose class is among the k most probable, k from 1 to 5 or one less than the classes. */
  readonly topK: readonly number[];
  /**
   * For two classes: the score from which to predict the second for the greatest sum of recall and specificity. Null where
   * one of them has no images.
   */
  readonly threshold: {
    readonly score: number;
    readonly recall: number;
    readonly specificity: number;
  } | null;
}

/** The metrics of (n, units) probabilities; `units` is 1 for two classes (the probability of the second). */
export function classificationMetrics(
  labels: Int32Array,
  probabilities: Float32Array,
  units: number,
  classes: readonly string[],
): ClassificationMetrics {
  const predicted = predictedClasses(probabilities, units);
  const confusion = confusionMatrix(labels, predicted, classes.length);
  const scores = classScores(confusion, classes);
  const all = perClass(probabilities, units);
  const confidences = Float64Array.from(predicted, (k, row) => all[row * classes.length + k]!);
  const correct = Array.from(labels, (label, i) => label === predicted[i]);
  const accuracy = correct.filter(Boolean).length / labels.length;
  const ranking = rankingScores(labels, all, classes);
  return {
    count: labels.length,
    accuracy,
    accuracyInterval: wilsonInterval(accuracy, labels.length),
    classes: scores,
    macro: macroScores(scores),
    confusion,
    ranking,
    calibration: calibration(confidences, correct),
    topK: topK(labels, all, classes.length),
    threshold:
      classes.length === 2 && !Number.isNaN(ranking[0]!.roc.area) ? bestThreshold(ranking[0]!.roc) : null,
  };
}

function rankingScores(labels: Int32Array, all: Float32Array, classes: readonly string[]): RankingScores[] {
  const ranked = classes.length === 2 ? [1] : classes.map((_, k) => k);
  const rankings = ranked.map((k) => ({
    scores: Float32Array.from(labels, (_, row) => all[row * classes.length + k]!),
    positive: Uint8Array.from(labels, (label) => Number(label === k)),
  }));
  const intervals = bootstrapAreas(rankings, resamples(labels.length, ranked.length));
  return rankings.map(({ scores, positive }, i) => ({
    class: classes[ranked[i]!]!,
    roc: { ...rocCurve(scores, positive), interval: intervals[i]!.roc },
    precisionRecall: {
      ...precisionRecallCurve(scores, positive),
      interval: intervals[i]!.averagePrecision,
    },
  }));
}

/** A thousand resamples, or fewer where many classes of many images would take longer than training. */
const resamples = (images: number, curves: number): number =>
  Math.min(1000, Math.max(100, Math.floor(1e8 / (images * curves))));

function topK(labels: Int32Array, all: Float32Array, classes: number): number[] {
  const ranks = Array.from(labels, (label, row) => {
    const of = all.subarray(row * classes, (row + 1) * classes);
    // The classes before it are those that score more, or as much with a lower index, as argmax breaks ties.
    return of.reduce((rank, p, k) => rank + (p > of[label]! || (p === of[label] && k < label) ? 1 : 0), 0);
  });
  const count = Math.max(1, Math.min(5, classes - 1));
  return Array.from({ length: count }, (_, k) => ranks.filter((rank) => rank <= k).length / labels.length);
}

/** Youden's J: the point of a ROC curve that lies highest above the diagonal; the highest threshold of equals. */
function bestThreshold({ points }: Curve): ClassificationMetrics['threshold'] {
  let best = points[0]!;
  for (const point of points) if (point.y - point.x > best.y - best.x) best = point;
  return { score: Math.min(best.threshold, 1), recall: best.y, specificity: 1 - best.x };
}

// Metrics as run.json keeps them: curves thinned to what a drawing shows, numbers rounded.

import type { Curve } from './curves.ts';
import type { ClassificationMetrics } from './metrics.ts';
import type { Interval } from './wilson.ts';

/** A curve over all thresholds, from the highest down, without the points that no drawing would miss. */
export interface MetricCurve {
  /** Area under all points, those left out included; null where these images cannot tell, being all of one kind. */
  area: number | null;
  /** 95%, by bootstrap. */
  interval: [number, number] | null;
  x: number[];
  y: number[];
  /** Per point; null where nothing is predicted positive. */
  thresholds: (number | null)[];
}

/** One class in `SplitMetrics`; see `ClassScores`. */
export interface ClassMetrics {
  class: string;
  precision: number;
  precisionInterval: [number, number];
  recall: number;
  recallInterval: [number, number];
  f1: number;
  f1Interval: [number, number];
  support: number;
}

/** The metrics on one split as JSON: all that the site plots and that two runs can be compared by. */
export interface SplitMetrics {
  images: number;
  /** Regularization included; null where it is not finite. */
  loss: number | null;
  accuracy: number;
  /** 95%, Wilson's. */
  accuracyInterval: [number, number];
  classes: ClassMetrics[];
  /** Unweighted means over the classes that have images. */
  macro: {
    precision: number;
    recall: number;
    f1: number;
    /** The classes without images, left out. Absent in runs of version 1, whose means count them as 0. */
    without?: string[] | undefined;
  };
  /** Counts [label][predicted], in the order of `classes`. */
  confusion: number[][];
  /** For two classes, the second against the first; for more, each against the rest. */
  ranking: {
    class: string;
    /** x the false positive rate, y the true positive rate. */
    roc: MetricCurve;
    /** x the recall, y the precision; its area is the average precision. */
    precisionRecall: MetricCurve;
  }[];
  calibration: {
    /** Confidences over `low`, up to and including `high`: their mean, and the share that is correct. */
    bins: { low: number; high: number; count: number; confidence: number | null; accuracy: number | null }[];
    /** The expected calibration error. */
    expectedError: number;
  };
  /** The share of images whose class is among the k most probable, k from 1. */
  topK: number[];
  /** For two classes: the score from which to predict the second for the greatest sum of recall and specificity. */
  threshold: { score: number; recall: number; specificity: number } | null;
}

/** About how many points all curves together keep: run.json of many classes must stay quick to read. */
const POINTS = 4000;
const MOST_POINTS = 200;
const FEWEST_POINTS = 20;

/** The metrics without what JSON lacks and no drawing would show; `loss` is the network's on the same images. */
export function compactMetrics(metrics: ClassificationMetrics, loss: number): SplitMetrics {
  const each = Math.floor(POINTS / (2 * metrics.ranking.length));
  const most = Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, each));
  return {
    images: metrics.count,
    loss: Number.isFinite(loss) ? loss : null,
    accuracy: metrics.accuracy,
    accuracyInterval: shares(metrics.accuracyInterval),
    classes: metrics.classes.map((row) => ({
      class: row.class,
      precision: share(row.precision),
      precisionInterval: shares(row.precisionInterval),
      recall: share(row.recall),
      recallInterval: shares(row.recallInterval),
      f1: share(row.f1),
      f1Interval: shares(row.f1Interval),
      support: row.support,
    })),
    macro: {
      precision: share(metrics.macro.precision),
      recall: share(metrics.macro.recall),
      f1: share(metrics.macro.f1),
      without: [...metrics.macro.without],
    },
    confusion: metrics.confusion.map((row) => [...row]),
    ranking: metrics.ranking.map(({ class: name, roc, precisionRecall }) => ({
      class: name,
      roc: curveOf(roc, most),
      precisionRecall: curveOf(precisionRecall, most),
    })),
    calibration: {
      bins: metrics.calibration.bins.map((bin) => ({
        ...bin,
        confidence: shareOrNull(bin.confidence),
        accuracy: shareOrNull(bin.accuracy),
      })),
      expectedError: share(metrics.calibration.expectedError),
    },
    topK: metrics.topK.map(share),
    threshold: metrics.threshold && {
      // Not rounded: the image that it lies on would change sides.
      score: metrics.threshold.score,
      recall: share(metrics.threshold.recall),
      specificity: share(metrics.threshold.specificity),
    },
  };
}

/** Six digits; a softmax in float32 may be a little over 1. */
const share = (value: number): number => Math.min(1, Math.max(0, Number(value.toFixed(6))));
const shareOrNull = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : share(value);
const shares = ([low, high]: Interval): [number, number] => [share(low), share(high)];

function curveOf(curve: Curve & { readonly interval: Interval }, most: number): MetricCurve {
  const area = shareOrNull(curve.area);
  if (area === null) return { area, interval: null, x: [], y: [], thresholds: [] };
  const points = thinned(curve.points, most);
  return {
    area,
    interval: curve.interval.every(Number.isFinite) ? shares(curve.interval) : null,
    x: points.map(({ x }) => share(x)),
    y: points.map(({ y }) => share(y)),
    thresholds: points.map(({ threshold }) => shareOrNull(threshold)),
  };
}

/**
 * At most `most` of the points, the first and last among them: those by which the polyline's shape changes most.
 * Source: Visvalingam and Whyatt, Line generalization by repeated elimination of points (1993): the point that makes
 * the smallest triangle with its neighbors goes first.
 */
function thinned(points: Curve['points'], most: number): Curve['points'] {
  let kept = [...points];
  while (kept.length > most) {
    const areas = kept.map(({ x, y }, i) => {
      const [a, b] = [kept[i - 1], kept[i + 1]];
      if (!a || !b) return Number.POSITIVE_INFINITY;
      return Math.abs((a.x - x) * (b.y - y) - (b.x - x) * (a.y - y));
    });
    // Several at a time, but never two neighbors, whose triangles change with one another.
    const limit = [...areas].sort((a, b) => a - b)[Math.ceil((kept.length - most) / 2) - 1]!;
    let excess = kept.length - most;
    let before = false;
    const next = kept.filter((_, i) => {
      const goes = excess > 0 && !before && areas[i]! <= limit;
      if (goes) excess--;
      before = goes;
      return !goes;
    });
    kept = next;
  }
  return kept;
}

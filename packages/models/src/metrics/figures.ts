// A report as run.json keeps it: curves thinned to what a drawing shows, numbers rounded, nothing that JSON lacks.

import type { FigureCurve, Figures } from '@sightline/runs';
import type { Interval } from './confusion.ts';
import type { Curve } from './curves.ts';
import type { Report } from './report.ts';

/** All curves together keep about so many points: runs of many classes must not make run.json long to read. */
const POINTS = 4000;
const MOST_POINTS = 200;
const FEWEST_POINTS = 20;

/** The figures of a report; `loss` is the network's on the same images. */
export function figuresOf(report: Report, loss: number): Figures {
  const each = Math.floor(POINTS / (2 * report.ranking.length));
  const most = Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, each));
  return {
    images: report.count,
    loss: Number.isFinite(loss) ? loss : null,
    accuracy: report.accuracy,
    accuracyInterval: shares(report.accuracyInterval),
    classes: report.classes.map((row) => ({
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
      precision: share(report.macro.precision),
      recall: share(report.macro.recall),
      f1: share(report.macro.f1),
    },
    confusion: report.confusion.map((row) => [...row]),
    ranking: report.ranking.map(({ class: name, roc, precisionRecall }) => ({
      class: name,
      roc: curveOf(roc, most),
      precisionRecall: curveOf(precisionRecall, most),
    })),
    calibration: {
      bins: report.calibration.bins.map((bin) => ({
        ...bin,
        confidence: shareOrNull(bin.confidence),
        accuracy: shareOrNull(bin.accuracy),
      })),
      expectedError: share(report.calibration.expectedError),
    },
    topK: report.topK.map(share),
    threshold: report.threshold && {
      // Not rounded: the image that it lies on would change sides.
      score: report.threshold.score,
      recall: share(report.threshold.recall),
      specificity: share(report.threshold.specificity),
    },
  };
}

/** Six digits; a softmax in float32 may be a little over 1. */
const share = (value: number): number => Math.min(1, Math.max(0, Number(value.toFixed(6))));
const shareOrNull = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : share(value);
const shares = ([low, high]: Interval): [number, number] => [share(low), share(high)];

function curveOf(curve: Curve & { readonly interval: Interval }, most: number): FigureCurve {
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
 * Source: Visvalingam and Whyatt, Line generalisation by repeated elimination of points (1993): the point that makes
 * the smallest triangle with its neighbours goes first.
 */
function thinned(points: Curve['points'], most: number): Curve['points'] {
  let kept = [...points];
  while (kept.length > most) {
    const areas = kept.map(({ x, y }, i) => {
      const [a, b] = [kept[i - 1], kept[i + 1]];
      if (!a || !b) return Number.POSITIVE_INFINITY;
      return Math.abs((a.x - x) * (b.y - y) - (b.x - x) * (a.y - y));
    });
    // Several at a time, but never two neighbours, whose triangles change with one another.
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

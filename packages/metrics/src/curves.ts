// How well scores rank the images of a class before the others, over all thresholds: ROC and precision-recall curves
// with their areas. An image of the class is positive, and it is predicted so where its score reaches the threshold.

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Infinity where nothing is predicted positive. */
  readonly threshold: number;
}

export interface Curve {
  readonly points: readonly CurvePoint[];
  readonly area: number;
}

/** Counts of true and false positives after each group of equal scores, from the highest score down. */
function countsByThreshold(scores: ArrayLike<number>, positive: ArrayLike<boolean | number>) {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const counts: { threshold: number; hits: number; alarms: number }[] = [];
  let [hits, alarms] = [0, 0];
  order.forEach((i, rank) => {
    if (positive[i]) hits++;
    else alarms++;
    const next = order[rank + 1];
    if (next === undefined || scores[next] !== scores[i])
      counts.push({ threshold: scores[i]!, hits, alarms });
  });
  return { counts, positives: hits, negatives: alarms };
}

/**
 * The ROC curve: x the false positive rate, y the true positive rate; its area by trapezoids, which is the
 * probability that a positive scores over a negative, ties counting half. NaN without both kinds.
 */
export function rocCurve(scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): Curve {
  const { counts, positives, negatives } = countsByThreshold(scores, positive);
  const points = [
    { x: 0, y: 0, threshold: Number.POSITIVE_INFINITY },
    ...counts.map(({ threshold, hits, alarms }) => ({
      x: alarms / negatives,
      y: hits / positives,
      threshold,
    })),
  ];
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    area += ((points[i]!.x - points[i - 1]!.x) * (points[i]!.y + points[i - 1]!.y)) / 2;
  }
  return { points, area };
}

/**
 * The precision-recall curve: x the recall, y the precision, from the highest threshold down. Its area is the
 * average precision: the sum of precision times the growth of recall, without interpolation, as scikit-learn's.
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean | number>,
): Curve {
  const { counts, positives } = countsByThreshold(scores, positive);
  const points = [
    { x: 0, y: 1, threshold: Number.POSITIVE_INFINITY },
    ...counts.map(({ threshold, hits, alarms }) => ({
      x: hits / positives,
      y: hits / (hits + alarms),
      threshold,
    })),
  ];
  let area = 0;
  for (let i = 1; i < points.length; i++) area += (points[i]!.x - points[i - 1]!.x) * points[i]!.y;
  return { points, area };
}

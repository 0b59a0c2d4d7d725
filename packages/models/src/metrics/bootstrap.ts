// Confidence intervals of areas under curves, which have no formula as simple as that of a share.

import { derivedSeed } from '../networks/derived-seed.ts';
import { weightedAreas } from './curves.ts';

type Interval = readonly [low: number, high: number];

/**
 * 95 % percentile intervals of both areas by drawing the images again with replacement, `draws` times, seeded.
 * Draws without both kinds are left out. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993).
 */
export function bootstrapAreas(
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean | number>,
  draws = 1000,
): { roc: Interval; averagePrecision: Interval } {
  const n = scores.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const rocs: number[] = [];
  const precisions: number[] = [];
  const weights = new Int32Array(n);
  for (let draw = 0; draw < draws; draw++) {
    weights.fill(0);
    for (let i = 0; i < n; i++) weights[derivedSeed(draw + 1, i) % n]!++;
    const areas = weightedAreas(order, scores, positive, weights);
    if (Number.isNaN(areas.roc)) continue;
    rocs.push(areas.roc);
    precisions.push(areas.averagePrecision);
  }
  return { roc: percentiles(rocs), averagePrecision: percentiles(precisions) };
}

function percentiles(values: number[]): Interval {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}

// Confidence intervals of areas under curves, which have no formula as simple as that of a share.

import { derivedSeed } from '@sightline/core';
import type { Interval } from './wilson.ts';

/** The images that one area is measured on: each with its score, and whether it is of the class. */
export interface Ranking {
  readonly scores: ArrayLike<number>;
  readonly positive: ArrayLike<boolean | number>;
}

export interface AreaIntervals {
  readonly roc: Interval;
  readonly averagePrecision: Interval;
}

/**
 * 95% percentile intervals of both areas, from resampling the images with replacement. All rankings are of the same
 * images in the same order, and each resample serves all of them. It is seeded: the same images give the same
 * intervals. Resamples without both kinds of images are left out; NaN where none has both. Source: Efron and
 * Tibshirani, An Introduction to the Bootstrap (1993).
 */
export function bootstrapAreas(rankings: readonly Ranking[], resamples = 1000): AreaIntervals[] {
  const images = rankings[0]?.scores.length ?? 0;
  const prepared = rankings.map(prepare);
  const areas = rankings.map(() => ({ roc: [] as number[], averagePrecision: [] as number[] }));
  const counts = new Int32Array(images);
  for (let resample = 0; resample < resamples; resample++) {
    counts.fill(0);
    for (let i = 0; i < images; i++) counts[derivedSeed(resample + 1, i) % images]!++;
    prepared.forEach((ranking, k) => {
      const { roc, averagePrecision } = resampledAreas(ranking, counts);
      if (Number.isNaN(roc)) return;
      areas[k]!.roc.push(roc);
      areas[k]!.averagePrecision.push(averagePrecision);
    });
  }
  return areas.map(({ roc, averagePrecision }) => ({
    roc: percentiles(roc),
    averagePrecision: percentiles(averagePrecision),
  }));
}

interface PreparedRanking {
  /** The images by falling score. */
  readonly order: Int32Array;
  /** By rank: 1 where the image is of the class. */
  readonly positive: Uint8Array;
  /** By rank: 1 where the next image has another score, so that a threshold lies between the two. */
  readonly endsTie: Uint8Array;
}

function prepare({ scores, positive }: Ranking): PreparedRanking {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]!);
  return {
    order,
    positive: Uint8Array.from(order, (i) => Number(positive[i]!)),
    endsTie: Uint8Array.from(order, (i, rank) => Number(scores[order[rank + 1] ?? -1] !== scores[i])),
  };
}

/** Both areas where image i counts `counts[i]` times. */
function resampledAreas({ order, positive, endsTie }: PreparedRanking, counts: Int32Array) {
  let [hits, alarms, area, precisionSum] = [0, 0, 0, 0];
  let [lastHits, lastAlarms] = [0, 0];
  for (let rank = 0; rank < order.length; rank++) {
    const count = counts[order[rank]!]!;
    if (positive[rank]) hits += count;
    else alarms += count;
    if (!endsTie[rank]) continue;
    area += ((alarms - lastAlarms) * (hits + lastHits)) / 2;
    if (hits > lastHits) precisionSum += (hits - lastHits) * (hits / (hits + alarms));
    [lastHits, lastAlarms] = [hits, alarms];
  }
  return { roc: area / (hits * alarms), averagePrecision: precisionSum / hits };
}

function percentiles(values: number[]): Interval {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}

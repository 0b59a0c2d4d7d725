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

/** Images that follow each other by falling score: a run of other classes, or all of one score, some of the class. */
interface Block {
  readonly others: Int32Array;
  readonly ofClass: Int32Array;
}

/** Between two images of the class the curve is a line, however many scores lie there: few blocks. */
function prepare({ scores, positive }: Ranking): Block[] {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]!);
  const blocks: Block[] = [];
  let others: number[] = [];
  const end = (ofClass: number[] = []) => {
    if (others.length + ofClass.length > 0)
      blocks.push({ others: Int32Array.from(others), ofClass: Int32Array.from(ofClass) });
    others = [];
  };
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    const tie = [...order.subarray(from, to)];
    const ofClass = tie.filter((image) => positive[image]);
    if (ofClass.length > 0) end();
    others.push(...tie.filter((image) => !positive[image]));
    if (ofClass.length > 0) end(ofClass);
    from = to;
  }
  end();
  return blocks;
}

/** Both areas where image i counts `counts[i]` times. */
function resampledAreas(blocks: readonly Block[], counts: Int32Array) {
  const sum = (images: Int32Array) => {
    let total = 0;
    for (let i = 0; i < images.length; i++) total += counts[images[i]!]!;
    return total;
  };
  let [hits, alarms, area, precisionSum] = [0, 0, 0, 0];
  for (const { others, ofClass } of blocks) {
    const [newAlarms, newHits] = [sum(others), sum(ofClass)];
    area += newAlarms * (hits + newHits / 2);
    hits += newHits;
    alarms += newAlarms;
    if (newHits > 0) precisionSum += newHits * (hits / (hits + alarms));
  }
  return { roc: area / (hits * alarms), averagePrecision: precisionSum / hits };
}

function percentiles(values: number[]): Interval {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}

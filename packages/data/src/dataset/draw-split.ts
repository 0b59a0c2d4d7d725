// Draws validation images by content: an image's split depends on its bytes, so adding files moves none of the
// others, and one image under two names never lies in two splits. Only in a class so small that it would have no
// image for training, or none for validation, does the one that is nearest to the line change sides.

import type { Sample } from './dataset.ts';

/** The share of images that goes to validation unless another is given. */
export const VALIDATION_FRACTION = 0.2;

/** A sample's place in [0, 1): the first 32 bits of its content hash. */
const drawOf = (sample: Pick<Sample, 'hash'>) => Number.parseInt(sample.hash.slice(0, 8), 16) / 2 ** 32;

/**
 * Splits samples into training and validation; about `fraction` of them go to validation. A class of two different
 * images or more has at least one in each.
 */
export function drawSplit<Drawn extends Pick<Sample, 'hash' | 'label'>>(
  samples: readonly Drawn[],
  fraction: number,
): { train: Drawn[]; validation: Drawn[] } {
  const validationHashes = new Set<string>();
  for (const group of Map.groupBy(samples, ({ label }) => label).values()) {
    const drawn = [...new Map(group.map((sample) => [sample.hash, drawOf(sample)]))].sort(
      (a, b) => a[1] - b[1],
    );
    const count = drawn.filter(([, draw]) => draw < fraction).length;
    const kept = fraction === 0 || drawn.length < 2 ? count : Math.min(Math.max(count, 1), drawn.length - 1);
    for (const [hash] of drawn.slice(0, kept)) validationHashes.add(hash);
  }
  return {
    train: samples.filter(({ hash }) => !validationHashes.has(hash)),
    validation: samples.filter(({ hash }) => validationHashes.has(hash)),
  };
}

// Which rows each batch of an epoch has: a pure function of the seed and the epoch.

import { SightlineError } from '@sightline/core';
import { randomFor, shuffled } from '../random/random.ts';
import type { SourceOptions } from './batch-source.ts';

/** Keeps the stream that orders rows apart from those that augment them. */
const SHUFFLE_STREAM = 1;

export interface EpochPlan {
  readonly batchCount: number;
  /** The rows of a batch: a view, not a copy. */
  rows(batch: number): Uint32Array;
}

/** Throws SightlineError `option` for a batch size or a seed that is none. */
export function checkSource({ batchSize, seed }: SourceOptions): void {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new SightlineError(
      'option',
      `The batch size must be a whole number of 1 or more, not ${batchSize}.`,
    );
  }
  if (!Number.isSafeInteger(seed))
    throw new SightlineError('option', `The seed must be a whole number, not ${seed}.`);
}

export function planEpoch(
  size: number,
  epoch: number,
  { batchSize, seed, shuffle }: SourceOptions,
): EpochPlan {
  const order = shuffle
    ? shuffled(size, randomFor(seed, SHUFFLE_STREAM, epoch))
    : Uint32Array.from({ length: size }, (_, i) => i);
  return {
    batchCount: Math.ceil(size / batchSize),
    rows: (batch) => order.subarray(batch * batchSize, Math.min((batch + 1) * batchSize, size)),
  };
}

// What a row's loss is multiplied by: its class' weight times its own.

import { SightlineError } from '@sightline/core';
import type { Batch } from '@sightline/data';

export interface WeightOptions {
  /** A weight per class, or 'balanced': rows / (classes x rows of the class), as in scikit-learn. */
  readonly classWeights?: 'balanced' | readonly number[] | null | undefined;
  /** A weight per training row, by its index. */
  readonly sampleWeights?: ArrayLike<number> | undefined;
}

/** Weights of a batch's rows. */
export type RowWeights = (batch: Pick<Batch, 'size' | 'indices' | 'targets'>) => Float32Array;

/**
 * The weights of training rows, or undefined when all are 1. A row that was mixed has its classes' weights in the
 * shares that it is of each. Throws SightlineError on wrong counts or values.
 */
export function rowWeights(
  labels: Int32Array,
  classes: number,
  options: WeightOptions,
): RowWeights | undefined {
  const { classWeights, sampleWeights } = options;
  if (!classWeights && !sampleWeights) return undefined;
  const byClass = classWeights === 'balanced' ? balanced(labels, classes) : (classWeights ?? undefined);
  check('class weights', byClass, classes, 'classes');
  check('sample weights', sampleWeights, labels.length, 'training images');
  const own = Float32Array.from(labels, (_, row) => sampleWeights?.[row] ?? 1);
  const all = byClass ? own.map((weight, row) => weight * byClass[labels[row]!]!) : own;
  /** Over the shares of a row that was mixed. */
  const mean = (shares: Float32Array): number =>
    shares.reduce((sum, share, k) => sum + share * byClass![k]!, 0);
  return ({ size, indices, targets }) => {
    const weights = new Float32Array(size);
    for (let row = 0; row < size; row++) {
      const index = indices[row]!;
      weights[row] =
        targets && byClass
          ? own[index]! * mean(targets.subarray(row * classes, (row + 1) * classes))
          : all[index]!;
    }
    return weights;
  };
}

function balanced(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts.map((count) => (count ? labels.length / (classes * count) : 0));
}

function check(what: string, weights: ArrayLike<number> | undefined, expected: number, of: string): void {
  if (!weights) return;
  if (weights.length !== expected) {
    throw new SightlineError(
      'config',
      `Expected ${expected} ${what}, one for each of the ${of}, but got ${weights.length}.`,
    );
  }
  for (let i = 0; i < weights.length; i++) {
    if (!(weights[i]! >= 0 && Number.isFinite(weights[i]))) {
      throw new SightlineError(
        'config',
        `The ${what} must be numbers of 0 or more, but entry ${i} is ${weights[i]}.`,
      );
    }
  }
}

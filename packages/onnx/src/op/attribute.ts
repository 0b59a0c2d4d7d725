// Attribute values and what the operators check over and over.

import { SightlineError } from '@sightline/core';
import type { DType } from '../dtype.ts';
import type { Attribute, Value } from '../model.ts';
import { showValue } from '../shape.ts';

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const flag = (value: boolean | undefined): Attribute | undefined => (value ? int(1) : undefined);
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });

/** Throws SightlineError unless all values have one element type, which it gives. */
export function sameDtype(op: string, ...values: Value[]): DType {
  const dtype = values[0]!.dtype;
  for (const value of values) {
    if (value.dtype !== dtype) {
      throw new SightlineError(
        'dtype',
        `${op} needs one element type, but got ${values.map(showValue).join(' and ')}.`,
      );
    }
  }
  return dtype;
}

export function requireDtype(op: string, value: Value, ...allowed: DType[]): void {
  if (!allowed.includes(value.dtype)) {
    throw new SightlineError('dtype', `${op} takes ${allowed.join(' or ')}, but got ${showValue(value)}.`);
  }
}

export function requireRank(op: string, value: Value, rank: number): void {
  if (value.shape.length !== rank) {
    throw new SightlineError('shape', `${op} takes a tensor of rank ${rank}, but got ${showValue(value)}.`);
  }
}

/** Throws SightlineError naming the operator and its operands. */
export function mismatch(op: string, why: string, ...values: Value[]): never {
  throw new SightlineError('shape', `${op}: ${why}, but got ${values.map(showValue).join(' and ')}.`);
}

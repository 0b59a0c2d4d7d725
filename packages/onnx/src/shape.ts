// Rules of shapes: sizes, broadcasting and axes, with symbolic dimensions where they can be carried along.

import { SightlineError } from '@sightline/core';
import type { Dim, Value } from './model.ts';

/** `[8, 64]` of a shape, for messages. */
export const showShape = (shape: readonly Dim[]): string => `[${shape.join(', ')}]`;

export const showValue = (value: Value): string => `${value.dtype}${showShape(value.shape)}`;

/** The number of elements; `undefined` where a dimension is symbolic. */
export function sizeOf(shape: readonly Dim[]): number | undefined {
  let size = 1;
  for (const dim of shape) {
    if (typeof dim === 'string') return undefined;
    size *= dim;
  }
  return size;
}

/** The shape as numbers; throws SightlineError naming the operator where a dimension is symbolic. */
export function fixed(op: string, shape: readonly Dim[]): number[] {
  return shape.map((dim) => {
    if (typeof dim === 'string') {
      throw new SightlineError('shape', `${op} needs known sizes, but got ${showShape(shape)}.`);
    }
    return dim;
  });
}

/** NumPy's broadcast of shapes; throws SightlineError naming the operator where they do not fit. */
export function broadcast(op: string, ...shapes: (readonly Dim[])[]): Dim[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const out: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const at = axis - (rank - shape.length);
      const other = at < 0 ? 1 : shape[at]!;
      if (other === dim || other === 1) continue;
      if (dim !== 1) {
        throw new SightlineError('shape', `${op} cannot broadcast ${shapes.map(showShape).join(' with ')}.`);
      }
      dim = other;
    }
    out.push(dim);
  }
  return out;
}

/** An axis counted from the front; throws SightlineError where it is outside the rank. */
export function axisIn(op: string, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= Math.max(rank, 1)) {
    throw new SightlineError('shape', `${op}: axis ${axis} is outside a tensor of rank ${rank}.`);
  }
  return at;
}

// Operators that move elements without computing: shapes, axes, slices, joins and look-ups.

import { SightlineError } from '@sightline/core';
import type { GraphBuilder } from '../graph-builder.ts';
import type { Dim, Value } from '../model.ts';
import { axisIn, broadcast, fixed, showShape, sizeOf } from '../shape.ts';
import { int, ints, mismatch, requireDtype, sameDtype, string } from './attribute.ts';

/** The same elements in another shape. One symbolic dimension may stand in it. A reshape of a reshape is one. */
export function reshape(g: GraphBuilder, reshaped: Value, shape: readonly Dim[]): Value {
  if (showShape(shape) === showShape(reshaped.shape)) return reshaped;
  const x = g.sourceOf(reshaped);
  if (showShape(shape) === showShape(x.shape)) return x;
  const [from, to] = [sizeOf(x.shape), sizeOf(shape)];
  if (from !== undefined && to !== undefined && from !== to) {
    mismatch('Reshape', `${showShape(shape)} holds ${to} elements`, x);
  }
  const symbols = shape.filter((dim) => typeof dim === 'string');
  if (symbols.length > 1)
    throw new SightlineError('shape', `Reshape to ${showShape(shape)} has two unknown sizes.`);
  const target = g.ints(shape.map((dim) => (typeof dim === 'string' ? -1 : dim)));
  // With allowzero a 0 is a size of zero, and not "as in the input".
  const attributes = shape.includes(0) ? { allowzero: int(1) } : {};
  const [result] = g.add('Reshape', {
    inputs: [x, target],
    outputs: [{ dtype: x.dtype, shape }],
    attributes,
  });
  g.reshaped(result!, x);
  return result!;
}

export function transpose(g: GraphBuilder, x: Value, perm: readonly number[]): Value {
  if ([...perm].sort((a, b) => a - b).some((p, i) => p !== i) || perm.length !== x.shape.length) {
    mismatch('Transpose', `[${perm}] must be an order of all its axes`, x);
  }
  const shape = perm.map((p) => x.shape[p]!);
  return g.add('Transpose', {
    inputs: [x],
    outputs: [{ dtype: x.dtype, shape }],
    attributes: { perm: ints(perm) },
  })[0]!;
}

/** Takes entries along an axis; the shape of `indices` (int32 or int64) stands in that axis' place. */
export function gather(g: GraphBuilder, x: Value, indices: Value, axis: number): Value {
  requireDtype('Gather', indices, 'int32', 'int64');
  const at = axisIn('Gather', axis, x.shape.length);
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
  return g.add('Gather', {
    inputs: [x, indices],
    outputs: [{ dtype: x.dtype, shape }],
    attributes: { axis: int(at) },
  })[0]!;
}

/** Takes x[i0, …, ik] for each row of `indices` (int64, last axis the coordinates). */
export function gatherND(g: GraphBuilder, x: Value, indices: Value): Value {
  requireDtype('GatherND', indices, 'int64');
  const depth = indices.shape.at(-1) as number;
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  return g.add('GatherND', { inputs: [x, indices], outputs: [{ dtype: x.dtype, shape }] })[0]!;
}

/** A copy of x with `updates` put (or added) at the rows of `indices` (int64). */
export function scatterND(
  g: GraphBuilder,
  x: Value,
  indices: Value,
  updates: Value,
  reduction: 'none' | 'add' = 'none',
): Value {
  requireDtype('ScatterND', indices, 'int64');
  const dtype = sameDtype('ScatterND', x, updates);
  const attributes = reduction === 'none' ? {} : { reduction: string(reduction) };
  return g.add('ScatterND', {
    inputs: [x, indices, updates],
    outputs: [{ dtype, shape: x.shape }],
    attributes,
  })[0]!;
}

/** Elements from `starts` until before `ends` by `steps` (negative ones go backwards) along `axes`; ends may overshoot. */
export function slice(
  g: GraphBuilder,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
): Value {
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const at = axisIn('Slice', axis, shape.length);
    const dim = fixed('Slice', [x.shape[at]!])[0]!;
    const step = steps[i]!;
    const clamp = (v: number, low: number, high: number) =>
      Math.min(Math.max(v < 0 ? v + dim : v, low), high);
    const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
    const start = clamp(starts[i]!, Math.max(low, 0), high);
    const end = clamp(ends[i]!, low, high);
    shape[at] = Math.max(0, Math.ceil((end - start) / step));
  });
  const inputs = [x, g.ints(starts), g.ints(ends), g.ints(axes), g.ints(steps)];
  return g.add('Slice', { inputs, outputs: [{ dtype: x.dtype, shape }] })[0]!;
}

/**
 * As `slice` over all axes, with bounds (1-D int32 or int64) that are known only when the graph runs. `shape` is the
 * shape of the result, which the caller knows.
 */
export function sliceBetween(
  g: GraphBuilder,
  x: Value,
  [starts, ends]: readonly [Value, Value],
  strides: readonly number[],
  shape: readonly number[],
): Value {
  const dtype = sameDtype('Slice', starts, ends);
  requireDtype('Slice', starts, 'int32', 'int64');
  const bounds = (values: readonly number[]) =>
    dtype === 'int32' ? g.constant(Int32Array.from(values)) : g.ints(values);
  const inputs = [x, starts, ends, bounds(strides.map((_, axis) => axis)), bounds(strides)];
  return g.add('Slice', { inputs, outputs: [{ dtype: x.dtype, shape }] })[0]!;
}

export function concat(g: GraphBuilder, values: readonly Value[], axis: number): Value {
  const first = values[0]!;
  if (values.length === 1) return first;
  const dtype = sameDtype('Concat', ...values);
  const at = axisIn('Concat', axis, first.shape.length);
  let total = 0;
  for (const value of values) {
    const fits =
      value.shape.length === first.shape.length &&
      value.shape.every((d, i) => i === at || d === first.shape[i]);
    if (!fits) mismatch('Concat', `shapes may differ along axis ${at} only`, ...values);
    total += fixed('Concat', [value.shape[at]!])[0]!;
  }
  const shape = first.shape.with(at, total);
  return g.add('Concat', { inputs: values, outputs: [{ dtype, shape }], attributes: { axis: int(at) } })[0]!;
}

/** Parts of the given sizes along an axis. */
export function split(g: GraphBuilder, x: Value, sizes: readonly number[], axis: number): Value[] {
  const at = axisIn('Split', axis, x.shape.length);
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[at])
    mismatch('Split', `the parts [${sizes}] must fill axis ${at}`, x);
  const outputs = sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.with(at, size) }));
  return g.add('Split', { inputs: [x, g.ints(sizes)], outputs, attributes: { axis: int(at) } });
}

export type PadMode = 'constant' | 'reflect' | 'edge';

/** Adds `before[i]` and `after[i]` entries around axis i (negative numbers take away); `value` is a scalar of x' type. */
export function pad(
  g: GraphBuilder,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  mode: PadMode = 'constant',
  value?: Value,
): Value {
  if (before.every((p) => p === 0) && after.every((p) => p === 0)) return x;
  const shape = x.shape.map((dim, i) => {
    const grow = before[i]! + after[i]!;
    return grow === 0 ? dim : fixed('Pad', [dim])[0]! + grow;
  });
  const inputs = [x, g.ints([...before, ...after]), value];
  return g.add('Pad', {
    inputs,
    outputs: [{ dtype: x.dtype, shape }],
    attributes: { mode: string(mode) },
  })[0]!;
}

/**
 * As `pad` in mode `constant`, with paddings (1-D int64: before each axis, then after each) that are known only when
 * the graph runs. `shape` is the shape of the result.
 */
export function padBy(
  g: GraphBuilder,
  x: Value,
  paddings: Value,
  value: Value,
  shape: readonly number[],
): Value {
  requireDtype('Pad', paddings, 'int64');
  return g.add('Pad', {
    inputs: [x, paddings, value],
    outputs: [{ dtype: x.dtype, shape }],
    attributes: { mode: string('constant') },
  })[0]!;
}

/** Broadcasts x to a shape. */
export function expand(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const out = broadcast('Expand', x.shape, shape);
  if (showShape(out) === showShape(x.shape)) return x;
  return g.add('Expand', { inputs: [x, g.ints(shape)], outputs: [{ dtype: x.dtype, shape: out }] })[0]!;
}

/** Repeats x `repeats[i]` times along axis i. */
export function tile(g: GraphBuilder, x: Value, repeats: readonly number[]): Value {
  const shape = fixed('Tile', x.shape).map((dim, i) => dim * repeats[i]!);
  return g.add('Tile', { inputs: [x, g.ints(repeats)], outputs: [{ dtype: x.dtype, shape }] })[0]!;
}

/** `on` at the position of each index along a new last axis of `depth`, `off` elsewhere; both scalars of one type. */
export function oneHot(g: GraphBuilder, indices: Value, depth: number, off: Value, on: Value): Value {
  const dtype = sameDtype('OneHot', off, on);
  const values = concat(g, [reshape(g, off, [1]), reshape(g, on, [1])], 0);
  const inputs = [indices, g.ints([depth]), values];
  return g.add('OneHot', {
    inputs,
    outputs: [{ dtype, shape: [...indices.shape, depth] }],
    attributes: { axis: int(-1) },
  })[0]!;
}

// Operators that fold one or more axes into one number.

import type { GraphBuilder } from '../graph-builder.ts';
import type { Dim, Value } from '../model.ts';
import { axisIn } from '../shape.ts';
import { flag, int, requireDtype } from './attribute.ts';

type Reduce = (g: GraphBuilder, x: Value, axes: readonly number[], keepDims?: boolean) => Value;

function reducedShape(op: string, x: Value, axes: readonly number[], keepDims: boolean): Dim[] {
  const folded = new Set(axes.map((axis) => axisIn(op, axis, x.shape.length)));
  const shape: Dim[] = [];
  x.shape.forEach((dim, axis) => {
    if (!folded.has(axis)) shape.push(dim);
    else if (keepDims) shape.push(1);
  });
  return shape;
}

/** No axes at all leave x as it is. */
const reduce =
  (opType: string): Reduce =>
  (g, x, axes, keepDims = false) => {
    if (axes.length === 0) return x;
    requireDtype(opType, x, 'float32', 'float16', 'float64', 'int32', 'int64');
    const shape = reducedShape(opType, x, axes, keepDims);
    const attributes = { keepdims: int(keepDims ? 1 : 0) };
    return g.add(opType, { inputs: [x, g.ints(axes)], outputs: [{ dtype: x.dtype, shape }], attributes })[0]!;
  };

export const reduceSum = reduce('ReduceSum');
export const reduceMean = reduce('ReduceMean');
export const reduceMax = reduce('ReduceMax');
export const reduceMin = reduce('ReduceMin');
export const reduceProd = reduce('ReduceProd');
export const reduceSumSquare = reduce('ReduceSumSquare');

const arg =
  (opType: 'ArgMax' | 'ArgMin') =>
  (g: GraphBuilder, x: Value, axis: number, keepDims = false): Value => {
    const shape = reducedShape(opType, x, [axis], keepDims);
    const attributes = { axis: int(axis), keepdims: int(keepDims ? 1 : 0) };
    return g.add(opType, { inputs: [x], outputs: [{ dtype: 'int64', shape }], attributes })[0]!;
  };

/** The int64 index of the largest element along an axis; the first of equal ones. */
export const argMax = arg('ArgMax');
export const argMin = arg('ArgMin');

/** Running sums along an axis; exclusive leaves out the element itself. */
export function cumSum(g: GraphBuilder, x: Value, axis: number, exclusive = false, reverse = false): Value {
  const at = g.constant(BigInt64Array.of(BigInt(axisIn('CumSum', axis, x.shape.length))), []);
  const out = { dtype: x.dtype, shape: x.shape };
  const attributes = { exclusive: flag(exclusive), reverse: flag(reverse) };
  return g.add('CumSum', { inputs: [x, at], outputs: [out], attributes })[0]!;
}

const alongAxis =
  (opType: 'Softmax' | 'LogSoftmax') =>
  (g: GraphBuilder, x: Value, axis = -1): Value => {
    requireDtype(opType, x, 'float32', 'float16', 'float64');
    const out = { dtype: x.dtype, shape: x.shape };
    return g.add(opType, { inputs: [x], outputs: [out], attributes: { axis: int(axis) } })[0]!;
  };

export const softmax = alongAxis('Softmax');
export const logSoftmax = alongAxis('LogSoftmax');

/** The k largest elements along the last axis, in falling order, and their int64 indices. */
export function topK(g: GraphBuilder, x: Value, k: number, sorted = true): [values: Value, indices: Value] {
  const shape = [...x.shape.slice(0, -1), k];
  const outputs = [
    { dtype: x.dtype, shape },
    { dtype: 'int64' as const, shape },
  ];
  const attributes = { axis: int(-1), largest: int(1), sorted: int(sorted ? 1 : 0) };
  const [values, indices] = g.add('TopK', { inputs: [x, g.ints([k])], outputs, attributes });
  return [values!, indices!];
}

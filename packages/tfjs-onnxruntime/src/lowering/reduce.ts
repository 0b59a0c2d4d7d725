// Kernels that fold axes.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { util } from '@tensorflow/tfjs-core';
import { sumOfPixels } from './blocked-maps.ts';
import { asFloat, isNan, type Lowering, numeric, scalar, shapeOf } from './lowering.ts';

interface ReduceAttributes {
  readonly axis?: number | number[];
  /** The name that Max has for its axes. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

type Reduction = typeof op.reduceSum;

/** From this many rows on, a sum over leading axes is taken in two stages, of slabs first: one for each core at least. */
const ROWS_FOR_STAGES = 256;
const SLABS = 64;

const axesOf = (x: Value, axis: number | number[] | undefined): number[] =>
  util.parseAxisParam(axis ?? shapeOf(x).map((_, i) => i), shapeOf(x));

/** Whether a fold is over many rows: all leading axes, and a few columns are left. */
function isTall(x: Value, axes: readonly number[]): boolean {
  const shape = shapeOf(x);
  const leading = axes.length > 0 && axes.length < shape.length && axes.every((axis, i) => axis === i);
  const rows = util.sizeFromShape(shape.slice(0, axes.length));
  const columns = util.sizeFromShape(shape.slice(axes.length));
  return leading && x.dtype === 'float32' && rows >= ROWS_FOR_STAGES && columns >= 4;
}

/**
 * The sum over `axes`. ONNX Runtime sums over a first axis on one core, but over a second one on all; many rows are
 * taken in slabs, whose sums are summed. The order of sums is the better one for rounding, too.
 */
export function sumOver(g: GraphBuilder, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const shape = shapeOf(x);
  const rows = util.sizeFromShape(shape.slice(0, axes.length));
  let slabs = SLABS;
  while (rows % slabs) slabs /= 2;
  if (!isTall(x, axes) || slabs === 1) return op.reduceSum(g, x, axes, keepDims);
  const columns = util.sizeFromShape(shape.slice(axes.length));
  const parts = op.reduceSum(g, op.reshape(g, x, [slabs, rows / slabs, columns]), [1]);
  return op.reshape(
    g,
    op.reduceSum(g, parts, [0]),
    keepDims ? shape.map((d, i) => (i < axes.length ? 1 : d)) : shape.slice(axes.length),
  );
}

/** As `sumOver`; few enough elements are left to ONNX' own mean. */
const meanOver: Reduction = (g, x, axes, keepDims = false) => {
  if (!isTall(x, axes)) return op.reduceMean(g, x, axes, keepDims);
  const count = axes.reduce((n, axis) => n * shapeOf(x)[axis]!, 1);
  return op.mul(g, sumOver(g, x, [...axes], keepDims), g.float(1 / count));
};

const reduce =
  (apply: Reduction, prepare: (g: GraphBuilder, x: Value) => Value = numeric): Lowering<ReduceAttributes> =>
  ({ graph: g }, { x }, { axis, reductionIndices, keepDims = false }) => {
    const value = prepare(g, x!);
    const axes = axesOf(value, axis ?? reductionIndices);
    // No axis at all is the identity, which must still be a value of its own.
    return axes.length === 0 ? value : apply(g, value, axes, keepDims);
  };

/** ONNX Runtime's extremes pass over NaN; TensorFlow.js' give it. */
const extreme =
  (apply: Reduction): Reduction =>
  (g, x, axes, keepDims) => {
    const found = apply(g, x, axes, keepDims);
    if (x.dtype !== 'float32') return found;
    const nans = op.reduceMax(g, op.cast(g, isNan(g, x), 'int32'), axes, keepDims);
    return op.where(g, op.cast(g, nans, 'bool'), g.float(Number.NaN), found);
  };

/** The result in the element type of x: of bool, bool. */
const kept =
  (lowering: Lowering<ReduceAttributes>): Lowering<ReduceAttributes> =>
  (context, inputs, attributes) =>
    op.cast(context.graph, lowering(context, inputs, attributes) as Value, inputs.x!.dtype);

/** Truth of any or all, as the maximum or minimum of 0 and 1. */
const truth =
  (apply: Reduction): Lowering<ReduceAttributes> =>
  ({ graph: g }, { x }, { axis, keepDims = false }) =>
    op.cast(g, apply(g, op.cast(g, x!, 'int32'), axesOf(x!, axis), keepDims), 'bool');

/** The first place along an axis that holds the extreme; elsewhere than on cpu, ONNX Runtime cannot narrow its index. */
function firstPlace(g: GraphBuilder, x: Value, axis: number, extreme: Reduction): Value {
  const size = shapeOf(x)[axis]!;
  const places = g.constant(
    Float32Array.from({ length: size }, (_, i) => i),
    shapeOf(x).map((_, i) => (i === axis ? size : 1)),
  );
  const hits = op.equal(g, x, extreme(g, x, [axis], true));
  return op.reduceMin(g, op.where(g, hits, places, g.float(size)), [axis]);
}

const arg =
  (apply: typeof op.argMax, extreme: Reduction, worst: number): Lowering<{ axis: number }> =>
  ({ graph: g, onCpu }, { x }, { axis }) => {
    const [at] = axesOf(x!, axis);
    const value = numeric(g, x!);
    // TensorFlow.js begins with the first place, and finds none better.
    if (shapeOf(value)[at!] === 0)
      return op.expand(g, scalar(g, 0, 'int32'), shapeOf(value).toSpliced(at!, 1));
    // A NaN is never the extreme.
    const ranked = value.dtype === 'float32' ? op.where(g, isNan(g, value), g.float(worst), value) : value;
    return op.cast(g, onCpu ? apply(g, ranked, at!) : firstPlace(g, ranked, at!, extreme), 'int32');
  };

/** Running products along an axis by doubling: after k rounds each element holds the product of the last 2^k. */
function cumProd(g: GraphBuilder, x: Value, axis: number, exclusive: boolean, reverse: boolean): Value {
  const shape = shapeOf(x);
  const at = axis < 0 ? axis + shape.length : axis;
  const size = shape[at]!;
  /** Moved by some places along the axis, with ones behind. */
  const moved = (value: Value, places: number): Value => {
    const [start, end] = reverse ? [places, size] : [0, size - places];
    const kept = op.slice(g, value, [start], [end], [at]);
    const pads = shape.map((_, i) => (i === at ? places : 0));
    const none = shape.map(() => 0);
    const one = scalar(g, 1, x.dtype);
    return reverse
      ? op.pad(g, kept, none, pads, 'constant', one)
      : op.pad(g, kept, pads, none, 'constant', one);
  };
  let product = exclusive ? moved(x, 1) : x;
  for (let places = 1; places < size; places *= 2) product = op.mul(g, product, moved(product, places));
  return product;
}

const sum = reduce((g, x, axes, keepDims = false) => sumOver(g, x, [...axes], keepDims));

export const REDUCE: Record<string, Lowering> = {
  All: truth(op.reduceMin),
  Any: truth(op.reduceMax),
  ArgMax: arg(op.argMax, op.reduceMax, Number.NEGATIVE_INFINITY),
  ArgMin: arg(op.argMin, op.reduceMin, Number.POSITIVE_INFINITY),
  Max: kept(reduce(extreme(op.reduceMax))),
  Mean: reduce(meanOver, asFloat),
  Min: kept(reduce(extreme(op.reduceMin))),
  Prod: reduce(op.reduceProd),
  Sum: (context, inputs, attributes: ReduceAttributes) => {
    const isOfPixels = axesOf(inputs.x!, attributes.axis).join() === '0,1,2' && !attributes.keepDims;
    return (isOfPixels && sumOfPixels(context, inputs.x!)) || sum(context, inputs, attributes);
  },
  /** Of rewrites: the sum of all elements' squares. ONNX Runtime multiplies a row with itself in one pass on cpu. */
  SumSquares: ({ graph: g, onCpu }, { x }) => {
    if (!onCpu) return op.reduceSumSquare(g, x!, axesOf(x!, undefined));
    const row = op.reshape(g, x!, [1, util.sizeFromShape(shapeOf(x!))]);
    return op.reshape(g, op.gemm(g, row, row, undefined, { transB: true }), []);
  },
  Cumprod: (
    { graph: g },
    { x },
    { axis, exclusive, reverse }: { axis: number; exclusive: boolean; reverse: boolean },
  ) => cumProd(g, numeric(g, x!), axis, exclusive, reverse),
  Cumsum: (
    { graph: g },
    { x },
    { axis, exclusive, reverse }: { axis: number; exclusive: boolean; reverse: boolean },
  ) => op.cumSum(g, numeric(g, x!), axis, exclusive, reverse),
  /** How many of a sorted row (batch, n) stand before each value (batch, m): below it, or with `right` not above it. */
  SearchSorted: ({ graph: g }, { sortedSequence, values }, { side }: { side: 'left' | 'right' }) => {
    const [[batch, n], [, m]] = [shapeOf(sortedSequence!), shapeOf(values!)] as [number[], number[]];
    const row = op.reshape(g, numeric(g, sortedSequence!), [batch!, 1, n!]);
    const value = op.reshape(g, numeric(g, values!), [batch!, m!, 1]);
    const before = (side === 'left' ? op.less : op.lessOrEqual)(g, row, value);
    return op.reduceSum(g, op.cast(g, before, 'int32'), [2]);
  },
  Softmax: ({ graph: g }, { logits }, { dim }: { dim: number }) => op.softmax(g, asFloat(g, logits!), dim),
  LogSoftmax: ({ graph: g }, { logits }, { axis }: { axis: number }) =>
    op.logSoftmax(g, asFloat(g, logits!), axis),
  /** Always sorted, so that equal elements come in the order of their indices. */
  TopK: ({ graph: g }, { x }, { k }: { k: number }) => {
    const [values, indices] = op.topK(g, numeric(g, x!), k);
    return [op.cast(g, values, x!.dtype), op.cast(g, indices, 'int32')];
  },
};

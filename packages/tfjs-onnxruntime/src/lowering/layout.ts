// Kernels that move elements without computing.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { backend_util, gather_util, scatter_util, slice_util, util } from '@tensorflow/tfjs-core';
import { type Lowering, listOf, numeric, scalar, shapeOf, throughInt32 } from './lowering.ts';

type GraphDType = 'float32' | 'int32' | 'bool';

/** A tensor of one value. */
function filled(g: GraphBuilder, shape: readonly number[], value: number, dtype: GraphDType): Value {
  const one = scalar(g, value, dtype);
  return shape.length === 0 ? one : op.expand(g, one, shape);
}

function stack(g: GraphBuilder, values: Value[], axis: number): Value {
  const at = axis < 0 ? axis + shapeOf(values[0]!).length + 1 : axis;
  const expanded = values.map((x) => op.reshape(g, x, shapeOf(x).toSpliced(at, 0, 1)));
  return values.length === 1 ? expanded[0]! : op.concat(g, expanded, at);
}

function unstack(g: GraphBuilder, x: Value, axis: number): Value[] {
  const shape = shapeOf(x);
  const at = axis < 0 ? axis + shape.length : axis;
  const count = shape[at]!;
  const rest = shape.toSpliced(at, 1);
  const parts = count === 1 ? [x] : op.split(g, x, Array(count).fill(1), at);
  return parts.map((part) => op.reshape(g, part, rest));
}

export interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** A strided slice of a shape with its masks resolved: bounds as ONNX takes them, one for each axis. */
export function stridedBounds(xShape: readonly number[], a: StridedSliceAttributes) {
  const { begin, end, strides, finalShape } = slice_util.sliceInfo(
    [...xShape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  // An end below 0 means "before the first element" here; ONNX would count it from the back.
  const ends = end.map((at, axis) => (strides[axis]! < 0 && at < 0 ? -1 - xShape[axis]! : at));
  const sizes = begin.map((at, axis) => Math.max(0, Math.ceil((end[axis]! - at) / strides[axis]!)));
  return { begin, ends, strides, sizes, finalShape };
}

function stridedSlice(g: GraphBuilder, x: Value, a: StridedSliceAttributes): Value {
  const { begin, ends, strides, finalShape } = stridedBounds(shapeOf(x), a);
  if (finalShape.some((dim) => dim === 0)) return filled(g, finalShape, 0, x.dtype as GraphDType);
  const sliced = op.slice(g, x, begin, ends, [...begin.keys()], strides);
  return op.reshape(g, sliced, finalShape);
}

/** Of `Slice`: where it begins and how long it is along each axis. Throws where that leaves the tensor. */
export function sliceBounds(xShape: readonly number[], begin: number | number[], size: number | number[]) {
  const x = { shape: xShape } as never;
  const [starts, sizes] = slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  slice_util.assertParamsValid(x, starts, sizes);
  return { starts, sizes };
}

/** Attributes that backend/attribute-inputs.ts feeds as inputs are left out; it adds what else the lowering needs. */
interface SliceAttributes {
  readonly begin?: number[];
  /** Fed: of the slice before its reshape to `shape`. */
  readonly size: number[];
  readonly strides?: readonly number[];
  readonly shape?: readonly number[];
}

interface PadAttributes {
  readonly paddings?: readonly (readonly [number, number])[];
  readonly constantValue: number;
  readonly shape?: readonly number[];
}

interface FillAttributes {
  readonly shape: number[];
  readonly value?: number;
  readonly dtype?: GraphDType;
}

/** Padding by reflection with ('symmetric') or without ('reflect') the border, as a Gather along each axis. */
function mirrorPad(
  g: GraphBuilder,
  x: Value,
  paddings: [number, number][],
  mode: 'reflect' | 'symmetric',
): Value {
  const border = mode === 'reflect' ? 0 : 1;
  return paddings.reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value;
    const dim = shapeOf(value)[axis]!;
    const index = Int32Array.from({ length: before + dim + after }, (_, i) => {
      const at = i - before;
      if (at < 0) return -at - border;
      return at < dim ? at : 2 * (dim - 1) - at + border;
    });
    return op.gather(g, value, g.constant(index), axis);
  }, x);
}

function gatherV2(g: GraphBuilder, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const at = axis < 0 ? axis + shapeOf(x).length : axis;
  backend_util.segment_util.collectGatherOpShapeInfo(
    { shape: shapeOf(x) } as never,
    { shape: shapeOf(indices) } as never,
    at,
    batchDims,
  );
  const index = op.cast(g, indices, 'int32');
  if (batchDims === 0) return throughInt32(g, x, (v) => op.gather(g, v, index, at));
  // Batches become part of the index: entry i of batch b of x flattened to (batch * dim, …).
  const shape = shapeOf(x);
  const batch = shape.slice(0, batchDims);
  const count = util.sizeFromShape(batch);
  const outer = shape.slice(batchDims, at);
  const inner = shape.slice(at + 1);
  const dim = shape[at]!;
  const order = [0, 2, 1, 3];
  const split = op.reshape(g, x, [count, util.sizeFromShape(outer), dim, util.sizeFromShape(inner)]);
  const rows = op.reshape(g, op.transpose(g, split, order), [
    count * dim,
    util.sizeFromShape(outer),
    util.sizeFromShape(inner),
  ]);
  const perBatch = util.sizeFromShape(shapeOf(indices).slice(batchDims));
  const base = g.constant(
    Int32Array.from({ length: count }, (_, b) => b * dim),
    [count, 1],
  );
  const flat = op.add(g, op.reshape(g, index, [count, perBatch]), base);
  const taken = throughInt32(g, rows, (v) => op.gather(g, v, flat, 0));
  const back = op.transpose(g, taken, order);
  return op.reshape(g, back, [...batch, ...outer, ...shapeOf(indices).slice(batchDims), ...inner]);
}

export const LAYOUT: Record<string, Lowering> = {
  BroadcastTo: ({ graph: g }, { x }, { shape }: { shape: number[] }) => op.expand(g, x!, shape),
  Concat: ({ graph: g }, inputs, { axis }: { axis: number }) => {
    const values = listOf(inputs);
    const rank = shapeOf(values[0]!).length;
    const at = axis < 0 ? axis + rank : axis;
    backend_util.assertParamsConsistent(values.map(shapeOf), at);
    const nonEmpty = values.filter((v) => util.sizeFromShape(shapeOf(v)) > 0);
    if (nonEmpty.length <= 1) {
      const shape = shapeOf(values[0]!).with(
        at,
        values.reduce((n, v) => n + shapeOf(v)[at]!, 0),
      );
      return op.reshape(g, nonEmpty[0] ?? values[0]!, shape);
    }
    return op.concat(g, nonEmpty, at);
  },
  Diag: ({ graph: g }, { x }) => {
    const shape = shapeOf(x!);
    const size = util.sizeFromShape(shape);
    const eye = Uint8Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const mask = g.constant(eye, [size, size], 'bool');
    const whole = throughInt32(g, op.reshape(g, x!, [1, size]), (row) =>
      op.where(g, mask, row, scalar(g, 0, row.dtype)),
    );
    return op.reshape(g, whole, [...shape, ...shape]);
  },
  ExpandDims: ({ graph: g }, { input }, { dim }: { dim: number }) => {
    const shape = shapeOf(input!);
    util.assert(
      -(shape.length + 1) <= dim,
      () => `Axis must be in the interval [${-(shape.length + 1)}, ${shape.length}]`,
    );
    return op.reshape(g, input!, shape.toSpliced(dim < 0 ? dim + shape.length + 1 : dim, 0, 1));
  },
  Fill: ({ graph: g }, inputs, { shape, value, dtype }: FillAttributes) =>
    inputs.value ? op.expand(g, inputs.value, shape) : filled(g, shape, value!, dtype ?? 'float32'),
  GatherNd: ({ graph: g }, { params, indices }) => {
    gather_util.prepareAndValidate(
      { shape: shapeOf(params!) } as never,
      { shape: shapeOf(indices!), dtype: 'int32' } as never,
    );
    return op.gatherND(g, params!, op.cast(g, indices!, 'int64'));
  },
  GatherV2: ({ graph: g }, { x, indices }, { axis, batchDims }: { axis: number; batchDims: number }) =>
    gatherV2(g, x!, indices!, axis, batchDims),
  Identity: (_, { x }) => x!,
  MirrorPad: ({ graph: g }, { x }, a: { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }) =>
    mirrorPad(g, x!, a.paddings, a.mode),
  OneHot: (
    { graph: g },
    { indices },
    a: { depth: number; onValue: number; offValue: number; dtype: GraphDType },
  ) => {
    const range = g.constant(Int32Array.from({ length: a.depth }, (_, i) => i));
    const shape = shapeOf(indices!);
    const hit = op.equal(g, op.reshape(g, op.cast(g, indices!, 'int32'), [...shape, 1]), range);
    return op.where(
      g,
      hit,
      scalar(g, a.onValue, a.dtype ?? 'int32'),
      scalar(g, a.offValue, a.dtype ?? 'int32'),
    );
  },
  OnesLike: ({ graph: g }, { x }) => filled(g, shapeOf(x!), 1, x!.dtype as GraphDType),
  Pack: ({ graph: g }, inputs, { axis }: { axis: number }) => stack(g, listOf(inputs), axis),
  PadV2: ({ graph: g }, { x, paddings }, a: PadAttributes) =>
    throughInt32(g, x!, (v) => {
      const value = scalar(g, a.constantValue, v.dtype);
      if (paddings) return op.padBy(g, v, op.cast(g, paddings, 'int64'), value, a.shape!);
      const [before, after] = [0, 1].map((side) => a.paddings!.map((p) => p[side]!)) as [number[], number[]];
      return op.pad(g, v, before, after, 'constant', value);
    }),
  Reshape: ({ graph: g }, { x }, { shape }: { shape: number[] }) =>
    op.reshape(g, x!, util.inferFromImplicitShape(shape, util.sizeFromShape(shapeOf(x!)))),
  FlipLeftRight: ({ graph: g }, { image }) => op.slice(g, image!, [-1], [-(2 ** 31)], [2], [-1]),
  Reverse: ({ graph: g }, { x }, { dims }: { dims: number | number[] }) => {
    const axes = util.parseAxisParam(dims, shapeOf(x!));
    if (axes.length === 0) return x!;
    return op.slice(
      g,
      x!,
      axes.map(() => -1),
      axes.map(() => -(2 ** 31)),
      axes,
      axes.map(() => -1),
    );
  },
  ScatterNd: ({ graph: g }, { indices, updates }, { shape }: { shape: number[] }) => {
    const info = scatter_util.calculateShapes(
      { shape: shapeOf(updates!) } as never,
      { shape: shapeOf(indices!) } as never,
      shape,
    );
    const index = op.reshape(g, op.cast(g, indices!, 'int64'), [info.numUpdates, info.sliceRank]);
    const value = op.reshape(g, numeric(g, updates!), [info.numUpdates, ...shape.slice(info.sliceRank)]);
    return op.scatterND(g, filled(g, shape, 0, value.dtype as GraphDType), index, value, 'add');
  },
  Slice: ({ graph: g }, { x, begin, end }, a: SliceAttributes) => {
    if (begin) {
      const sliced = op.sliceBetween(g, x!, [begin, end!], a.strides!, a.size);
      return op.reshape(g, sliced, a.shape!);
    }
    const { starts, sizes } = sliceBounds(shapeOf(x!), a.begin!, a.size);
    if (starts.length === 0) return x!;
    const ends = starts.map((start, axis) => start + sizes[axis]!);
    return op.slice(g, x!, starts, ends, [...starts.keys()]);
  },
  SplitV: (
    { graph: g },
    { x },
    { numOrSizeSplits, axis }: { numOrSizeSplits: number | number[]; axis: number },
  ) => {
    const shape = shapeOf(x!);
    const at = axis < 0 ? axis + shape.length : axis;
    const sizes =
      typeof numOrSizeSplits === 'number'
        ? Array<number>(numOrSizeSplits).fill(shape[at]! / numOrSizeSplits)
        : numOrSizeSplits.map((s) =>
            s === -1 ? shape[at]! - numOrSizeSplits.reduce((n, t) => (t === -1 ? n : n + t), 0) : s,
          );
    return sizes.length === 1 ? [x!] : op.split(g, x!, sizes, at);
  },
  StridedSlice: ({ graph: g }, { x }, attributes: StridedSliceAttributes) => stridedSlice(g, x!, attributes),
  Tile: ({ graph: g }, { x }, { reps }: { reps: number[] }) =>
    throughInt32(g, x!, (v) => op.tile(g, v, reps)),
  Transpose: ({ graph: g }, { x }, { perm }: { perm: number[] }) => op.transpose(g, x!, perm),
  Unpack: ({ graph: g }, { value }, { axis }: { axis: number }) => unstack(g, value!, axis),
  ZerosLike: ({ graph: g }, { x }) => filled(g, shapeOf(x!), 0, x!.dtype as GraphDType),
};

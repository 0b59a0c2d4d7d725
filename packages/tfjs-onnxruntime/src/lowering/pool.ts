// Pooling and its gradients, NHWC. Windows that do not overlap are a reshape; others take their windows by Gather.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { backend_util } from '@tensorflow/tfjs-core';
import { toChannelsFirst, toChannelsLast } from './conv.ts';
import { isNan, type Lowering, type LoweringContext, scalar, shapeOf } from './lowering.ts';
import { type Conv2DInfo, scatterPatches, windows, windowTable } from './patches.ts';
import { REDUCE } from './reduce.ts';

export interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export const poolInfo = (xShape: readonly number[], a: PoolAttributes): Conv2DInfo =>
  backend_util.computePool2DInfo(
    xShape as [number, number, number, number],
    a.filterSize,
    a.strides,
    1,
    a.pad,
    a.dimRoundingMode,
  );

/** Windows side by side that fill the image exactly. */
export const isTiling = (i: Conv2DInfo): boolean =>
  i.strideHeight === i.filterHeight &&
  i.strideWidth === i.filterWidth &&
  i.outHeight * i.strideHeight === i.inHeight &&
  i.outWidth * i.strideWidth === i.inWidth &&
  i.padInfo.top + i.padInfo.left + i.padInfo.bottom + i.padInfo.right === 0;

/** Windows of one pixel whose result has x' shape: TensorFlow.js' backends give x, whatever the padding. */
const isNothing = (i: Conv2DInfo): boolean =>
  i.filterHeight === 1 && i.filterWidth === 1 && i.outShape.join() === i.inShape.join();

/** x as (N, OH, KH, OW, KW, C). */
const tiles = (g: GraphBuilder, x: Value, i: Conv2DInfo): Value =>
  op.reshape(g, x, [i.batchSize, i.outHeight, i.filterHeight, i.outWidth, i.filterWidth, i.inChannels]);

/** Parts of size 1 along an axis; the whole where there is one only. */
export function along(g: GraphBuilder, x: Value, axis: number): Value[] {
  const size = shapeOf(x)[axis]!;
  return size === 1 ? [x] : op.split(g, x, Array(size).fill(1), axis);
}

function tiledMaximum(g: GraphBuilder, x: Value, i: Conv2DInfo): Value {
  const rows = along(g, tiles(g, x, i), 2).reduce((a, b) => op.max(g, a, b));
  const pooled = along(g, rows, 4).reduce((a, b) => op.max(g, a, b));
  return op.reshape(g, pooled, i.outShape);
}

const pads = (i: Conv2DInfo) => [i.padInfo.top, i.padInfo.left, i.padInfo.bottom, i.padInfo.right] as const;

/** Whether ONNX' pooling has this form: it pads less than a window, and rounds output sizes down. */
const isStandard = (i: Conv2DInfo): boolean => {
  const { top, left, bottom, right } = i.padInfo;
  const fits = (size: number, before: number, after: number, window: number, stride: number, out: number) =>
    before < window && after < window && Math.floor((size + before + after - window) / stride) + 1 === out;
  return (
    fits(i.inHeight, top, bottom, i.filterHeight, i.strideHeight, i.outHeight) &&
    fits(i.inWidth, left, right, i.filterWidth, i.strideWidth, i.outWidth)
  );
};

/** 1 where a place of a window lies in the image, (OH * OW, KH * KW, 1). */
export function inside(
  g: GraphBuilder,
  i: Conv2DInfo,
): { mask: Value; counts: Float32Array; whole: boolean } {
  const places = i.filterHeight * i.filterWidth;
  const positions = i.outHeight * i.outWidth;
  const data = Uint8Array.from(windowTable(i), (pixel) => (pixel < i.inHeight * i.inWidth ? 1 : 0));
  const counts = Float32Array.from({ length: positions }, (_, at) =>
    data.subarray(at * places, (at + 1) * places).reduce((n, v) => n + v, 0),
  );
  return { mask: g.constant(data, [positions, places, 1], 'bool'), counts, whole: !data.includes(0) };
}

const maxPool: Lowering<PoolAttributes> = (context, { x }, a) => {
  const { graph: g } = context;
  const i = poolInfo(shapeOf(x!), a);
  if (isNothing(i)) return x!;
  if (isTiling(i)) return tiledMaximum(g, x!, i);
  if (!isStandard(i)) {
    const taken = op.where(g, inside(g, i).mask, windows(context, x!, i), g.float(Number.NEGATIVE_INFINITY));
    return op.reshape(g, op.reduceMax(g, taken, [2]), i.outShape);
  }
  const options = {
    kernel: [i.filterHeight, i.filterWidth],
    strides: [i.strideHeight, i.strideWidth],
    pads: pads(i),
  } as const;
  return toChannelsLast(g, op.maxPool(g, toChannelsFirst(g, x!), options));
};

/**
 * Of places that hold a maximum (in order) only the first is left: as bytes (bool) on cpu, where those are fewer to
 * pass over; as 0 and 1 elsewhere, where bool tensors cannot be split or joined.
 */
export function firstHits({ graph: g, onCpu }: LoweringContext, hits: readonly Value[]): Value[] {
  let taken: Value | undefined;
  return hits.map((hit, place) => {
    const others = taken && (onCpu ? op.not(g, taken) : op.sub(g, g.float(1), taken));
    const own = others ? (onCpu ? op.and(g, hit, others) : op.mul(g, hit, others)) : hit;
    if (place < hits.length - 1) taken = taken ? (onCpu ? op.or : op.max)(g, taken, hit) : hit;
    return own;
  });
}

/** Bools as what `firstHits` takes. */
export const asHits = ({ graph: g, onCpu }: LoweringContext, found: Value): Value =>
  onCpu ? found : op.cast(g, found, 'float32');

/**
 * Sends each pooled gradient to the maximum of its window, on a tie to the first of them in row-major order.
 * Which window places hold the maximum is known from bytes (bool), so that few passes touch floats.
 */
function tiledMaxGradient(context: LoweringContext, dy: Value, x: Value, y: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const pooledShape = [i.batchSize, i.outHeight, 1, i.outWidth, 1, i.inChannels];
  const pooled = op.reshape(g, y, pooledShape);
  const hits = asHits(context, op.equal(g, tiles(g, x, i), pooled));
  const first = firstHits(
    context,
    along(g, hits, 2).flatMap((row) => along(g, row, 4)),
  );
  const rows = Array.from({ length: i.filterHeight }, (_, row) =>
    op.concat(g, first.slice(row * i.filterWidth, (row + 1) * i.filterWidth), 4),
  );
  const mask = op.cast(g, op.concat(g, rows, 2), 'float32');
  return op.reshape(g, op.mul(g, mask, op.reshape(g, dy, pooledShape)), i.inShape);
}

function maxGradient(context: LoweringContext, dy: Value, x: Value, y: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const positions = i.outHeight * i.outWidth;
  const shape = [i.batchSize, positions, 1, i.inChannels];
  const found = op.equal(g, windows(context, x, i), op.reshape(g, y, shape));
  const { mask: image, whole } = inside(g, i);
  // Outside the image is no candidate: its places read 0, which may equal a maximum of 0.
  const hits = asHits(context, whole ? found : op.and(g, found, image));
  const mask = op.cast(g, op.concat(g, firstHits(context, along(g, hits, 2)), 2), 'float32');
  return scatterPatches(context, op.mul(g, mask, op.reshape(g, dy, shape)), i);
}

interface ArgmaxAttributes extends PoolAttributes {
  readonly includeBatchInIndex: boolean;
}

/** The maxima, and where in the image (or the batch) the first of each window stands: a number over all elements. */
const maxPoolWithArgmax: Lowering<ArgmaxAttributes> = (context, { x }, a) => {
  const { graph: g } = context;
  const i = poolInfo(shapeOf(x!), a);
  const [positions, places] = [i.outHeight * i.outWidth, i.filterHeight * i.filterWidth];
  const all = windows(context, x!, i);
  // TensorFlow.js passes over NaN here.
  const counts = op.and(g, inside(g, i).mask, op.not(g, isNan(g, all)));
  const taken = op.where(g, counts, all, g.float(Number.NEGATIVE_INFINITY));
  const place = REDUCE.ArgMax!(context, { x: taken }, { axis: 2 }) as Value;
  const int = (length: number, shape: readonly number[], at: (index: number) => number) =>
    g.constant(
      Int32Array.from({ length }, (_, index) => at(index)),
      shape,
    );
  const window = int(positions, [1, positions, 1], (position) => position * places);
  const pixel = op.gather(g, g.constant(windowTable(i)), op.add(g, window, place), 0);
  const image = i.inHeight * i.inWidth * i.inChannels;
  const channel = int(i.inChannels, [1, 1, i.inChannels], (index) => index);
  const own = op.add(g, op.mul(g, pixel, scalar(g, i.inChannels, 'int32')), channel);
  const batch = int(i.batchSize, [i.batchSize, 1, 1], (index) => (a.includeBatchInIndex ? index * image : 0));
  return [
    op.reshape(g, op.reduceMax(g, taken, [2]), i.outShape),
    op.reshape(g, op.add(g, own, batch), i.outShape),
  ];
};

const averagePool: Lowering<PoolAttributes> = (context, { x }, a) => {
  const { graph: g } = context;
  const i = poolInfo(shapeOf(x!), a);
  if (isNothing(i)) return x!;
  if (isTiling(i)) return op.reshape(g, op.reduceMean(g, tiles(g, x!, i), [2, 4]), i.outShape);
  if (!isStandard(i)) {
    const share = g.constant(
      inside(g, i).counts.map((n) => 1 / n),
      [i.outHeight * i.outWidth, 1],
    );
    return op.reshape(g, op.mul(g, op.reduceSum(g, windows(context, x!, i), [2]), share), i.outShape);
  }
  const options = {
    kernel: [i.filterHeight, i.filterWidth],
    strides: [i.strideHeight, i.strideWidth],
    pads: pads(i),
  } as const;
  return toChannelsLast(g, op.averagePool(g, toChannelsFirst(g, x!), options));
};

/** tfjs-core's gradient divides by the whole window, padding included, on every backend; so does this. */
function averageGradient(context: LoweringContext, dy: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const places = i.filterHeight * i.filterWidth;
  const shape = [i.batchSize, i.outHeight * i.outWidth, 1, i.inChannels];
  const share = op.mul(g, op.reshape(g, dy, shape), g.float(1 / places));
  const spread = op.expand(g, share, [i.batchSize, i.outHeight * i.outWidth, places, i.inChannels]);
  return scatterPatches(context, spread, i);
}

export const POOL: Record<string, Lowering> = {
  MaxPoolWithArgmax: maxPoolWithArgmax,
  AvgPool: averagePool,
  AvgPoolGrad: (context, { dy, input }, a: PoolAttributes) =>
    averageGradient(context, dy!, poolInfo(shapeOf(input!), a)),
  MaxPool: maxPool,
  MaxPoolGrad: (context, { dy, input, output }, a: PoolAttributes) => {
    const i = poolInfo(shapeOf(input!), a);
    return isTiling(i)
      ? tiledMaxGradient(context, dy!, input!, output!, i)
      : maxGradient(context, dy!, input!, output!, i);
  },
};

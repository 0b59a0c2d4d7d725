// Gray dilation, the maximum of pixels plus a kernel's numbers over each window (tf.dilation2d), and its gradients,
// NHWC with kernels (KH, KW, C).

import { op, type Value } from '@sightline/onnx';
import { backend_util } from '@tensorflow/tfjs-core';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, scatterPatches, windows } from './patches.ts';
import { along, asHits, firstHits, inside } from './pool.ts';

interface DilationAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: number | [number, number];
}

const infoOf = (x: Value, filter: Value, a: DilationAttributes): Conv2DInfo =>
  backend_util.computeDilation2DInfo(
    shapeOf(x) as [number, number, number, number],
    shapeOf(filter) as [number, number, number],
    a.strides,
    a.pad,
    'NHWC',
    a.dilations,
  );

const places = (i: Conv2DInfo): number => i.filterHeight * i.filterWidth;
const positions = (i: Conv2DInfo): number => i.outHeight * i.outWidth;

/** What the maxima are taken of, (N, positions, places, C); minus infinity outside the image. */
function candidates(context: LoweringContext, x: Value, filter: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const kernel = op.reshape(g, filter, [1, 1, places(i), i.inChannels]);
  const sums = op.add(g, windows(context, x, i), kernel);
  const { mask, whole } = inside(g, i);
  return whole ? sums : op.where(g, mask, sums, g.float(Number.NEGATIVE_INFINITY));
}

/** The gradient at the first place of each window that holds the maximum, 0 elsewhere: (N, positions, places, C). */
function shares(context: LoweringContext, x: Value, filter: Value, dy: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const sums = candidates(context, x, filter, i);
  const hits = asHits(context, op.equal(g, sums, op.reduceMax(g, sums, [2], true)));
  const mask = op.cast(g, op.concat(g, firstHits(context, along(g, hits, 2)), 2), 'float32');
  return op.mul(g, mask, op.reshape(g, dy, [i.batchSize, positions(i), 1, i.inChannels]));
}

export const DILATION: Record<string, Lowering> = {
  Dilation2D: (context, { x, filter }, a: DilationAttributes) => {
    const i = infoOf(x!, filter!, a);
    const maxima = op.reduceMax(context.graph, candidates(context, x!, filter!, i), [2]);
    return op.reshape(context.graph, maxima, i.outShape);
  },
  Dilation2DBackpropInput: (context, { x, filter, dy }, a: DilationAttributes) => {
    const i = infoOf(x!, filter!, a);
    return scatterPatches(context, shares(context, x!, filter!, dy!, i), i);
  },
  Dilation2DBackpropFilter: (context, { x, filter, dy }, a: DilationAttributes) => {
    const i = infoOf(x!, filter!, a);
    const sums = op.reduceSum(context.graph, shares(context, x!, filter!, dy!, i), [0, 1]);
    return op.reshape(context.graph, sums, shapeOf(filter!));
  },
};

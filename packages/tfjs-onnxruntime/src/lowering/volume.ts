// Convolutions and pooling over volumes (N, D, H, W, C), by the tables of patches.ts: a volume is an image of D rows of
// H * W pixels, and a window in it another table. Patches of a whole batch are in memory at once.

import { op, type Value } from '@sightline/onnx';
import { backend_util } from '@tensorflow/tfjs-core';
import { slabProducts } from './conv.ts';
import { IndexTables } from './index-tables.ts';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { gatherWindows, scatterColumns } from './patches.ts';
import { along, asHits, firstHits } from './pool.ts';

type Info = backend_util.Conv3DInfo;
type Triple = number | [number, number, number];

interface ConvAttributes {
  readonly strides: Triple;
  readonly pad: 'valid' | 'same';
  readonly dilations?: Triple;
  readonly filterShape: number[];
  readonly inputShape: number[];
}

interface PoolAttributes {
  readonly filterSize: Triple;
  readonly strides: Triple;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const convInfo = (x: readonly number[], filter: readonly number[], a: ConvAttributes): Info =>
  backend_util.computeConv3DInfo(x as never, filter as never, a.strides, a.dilations ?? 1, a.pad);

const poolInfo = (x: readonly number[], a: PoolAttributes): Info =>
  backend_util.computePool3DInfo(x as never, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode);

const voxels = (i: Info): number => i.inDepth * i.inHeight * i.inWidth;
const positions = (i: Info): number => i.outDepth * i.outHeight * i.outWidth;
const places = (i: Info): number => i.filterDepth * i.filterHeight * i.filterWidth;

const tables = new IndexTables();

/** The voxel under each place of each window, (positions, places); the number of voxels where none is. */
function windowTable(i: Info): Int32Array {
  const { front, top, left } = i.padInfo;
  const axes = [
    [i.inDepth, i.outDepth, i.filterDepth, i.strideDepth, i.dilationDepth, front],
    [i.inHeight, i.outHeight, i.filterHeight, i.strideHeight, i.dilationHeight, top],
    [i.inWidth, i.outWidth, i.filterWidth, i.strideWidth, i.dilationWidth, left],
  ] as const;
  return tables.get(axes.join(';'), () => makeWindowTable(i, axes));
}

/** Per axis of a volume: size, windows, places of a window, stride, dilation, padding before. */
type Axis = readonly [number, number, number, number, number, number];

function makeWindowTable(i: Info, axes: readonly Axis[]): Int32Array {
  /** The coordinate under place k of window o along an axis; -1 outside. */
  const under = (axis: number, o: number, k: number): number => {
    const [size, , , stride, dilation, pad] = axes[axis]!;
    const at = o * stride - pad + k * dilation;
    return at >= 0 && at < size ? at : -1;
  };
  const table = new Int32Array(positions(i) * places(i));
  for (let at = 0; at < table.length; at++) {
    let [place, position] = [at % places(i), Math.floor(at / places(i))];
    const coordinates = [2, 1, 0].map((axis) => {
      const [, out, window] = axes[axis]!;
      const coordinate = under(axis, position % out, place % window);
      position = Math.floor(position / out);
      place = Math.floor(place / window);
      return coordinate;
    });
    const [w, h, d] = coordinates as [number, number, number];
    table[at] = Math.min(w, h, d) < 0 ? voxels(i) : (d * i.inHeight + h) * i.inWidth + w;
  }
  return table;
}

/** (N, positions, places, C). */
function windows(context: LoweringContext, x: Value, i: Info): Value {
  const image = op.reshape(context.graph, x, [i.batchSize, i.inDepth, i.inHeight * i.inWidth, i.inChannels]);
  return gatherWindows(context, image, windowTable(i), places(i));
}

/** One row a position, (N * positions, places * C). */
const patches = (context: LoweringContext, x: Value, i: Info): Value =>
  op.reshape(context.graph, windows(context, x, i), [i.batchSize * positions(i), places(i) * i.inChannels]);

/** The transpose of `windows`. */
function scatter(context: LoweringContext, columns: Value, i: Info): Value {
  const { batchSize, inChannels, inDepth: inHeight } = i;
  const image = { batchSize, inHeight, inWidth: i.inHeight * i.inWidth, inChannels };
  return op.reshape(context.graph, scatterColumns(context, columns, windowTable(i), image), i.inShape);
}

/** 1 where a place of a window lies in the volume, (positions, places, 1). */
const inside = ({ graph: g }: LoweringContext, i: Info): Value =>
  g.constant(
    Uint8Array.from(windowTable(i), (voxel) => (voxel < voxels(i) ? 1 : 0)),
    [positions(i), places(i), 1],
    'bool',
  );

const rowsOf = (context: LoweringContext, dy: Value, i: Info): Value =>
  op.reshape(context.graph, dy, [i.batchSize * positions(i), i.outChannels]);

export const VOLUME: Record<string, Lowering> = {
  Conv3D: (context, { x, filter }, a: ConvAttributes) => {
    const { graph: g } = context;
    const i = convInfo(shapeOf(x!), shapeOf(filter!), a);
    const matrix = op.reshape(g, filter!, [places(i) * i.inChannels, i.outChannels]);
    return op.reshape(g, op.gemm(g, patches(context, x!, i), matrix), i.outShape);
  },
  Conv3DBackpropInputV2: (context, { dy, filter }, a: ConvAttributes) => {
    const { graph: g } = context;
    const i = convInfo(a.inputShape, shapeOf(filter!), a);
    const matrix = op.reshape(g, filter!, [places(i) * i.inChannels, i.outChannels]);
    return scatter(context, op.gemm(g, rowsOf(context, dy!, i), matrix, undefined, { transB: true }), i);
  },
  Conv3DBackpropFilterV2: (context, { x, dy }, a: ConvAttributes) => {
    const i = convInfo(shapeOf(x!), a.filterShape, a);
    const product = slabProducts(context.graph, [[patches(context, x!, i), rowsOf(context, dy!, i)]]);
    return op.reshape(context.graph, product, a.filterShape);
  },
  AvgPool3D: (context, { x }, a: PoolAttributes) => {
    const { graph: g } = context;
    const i = poolInfo(shapeOf(x!), a);
    const table = windowTable(i);
    const shares = Float32Array.from({ length: positions(i) }, (_, at) => {
      const own = table.subarray(at * places(i), (at + 1) * places(i));
      // A window that lies outside altogether has the mean 0.
      return (
        1 /
        Math.max(
          1,
          own.reduce((n, voxel) => n + (voxel < voxels(i) ? 1 : 0), 0),
        )
      );
    });
    const sums = op.reduceSum(g, windows(context, x!, i), [2]);
    return op.reshape(g, op.mul(g, sums, g.constant(shares, [positions(i), 1])), i.outShape);
  },
  /** As in two dimensions, tfjs-core divides by the whole window. */
  AvgPool3DGrad: (context, { dy, input }, a: PoolAttributes) => {
    const { graph: g } = context;
    const i = poolInfo(shapeOf(input!), a);
    const share = op.mul(g, dy!, g.float(1 / places(i)));
    const rows = op.reshape(g, share, [i.batchSize, positions(i), 1, i.inChannels]);
    return scatter(context, op.expand(g, rows, [i.batchSize, positions(i), places(i), i.inChannels]), i);
  },
  MaxPool3D: (context, { x }, a: PoolAttributes) => {
    const { graph: g } = context;
    const i = poolInfo(shapeOf(x!), a);
    const taken = op.where(g, inside(context, i), windows(context, x!, i), g.float(Number.NEGATIVE_INFINITY));
    return op.reshape(g, op.reduceMax(g, taken, [2]), i.outShape);
  },
  /** On a tie the last place has it, other than in two dimensions: so tfjs-core's backends have it. */
  MaxPool3DGrad: (context, { dy, input, output }, a: PoolAttributes) => {
    const { graph: g } = context;
    const i = poolInfo(shapeOf(input!), a);
    const pooled = [i.batchSize, positions(i), 1, i.inChannels];
    const found = op.equal(g, windows(context, input!, i), op.reshape(g, output!, pooled));
    const hits = asHits(context, op.and(g, found, inside(context, i)));
    const last = firstHits(context, along(g, hits, 2).toReversed()).toReversed();
    const mask = op.cast(g, op.concat(g, last, 2), 'float32');
    return scatter(context, op.mul(g, mask, op.reshape(g, dy!, pooled)), i);
  },
};

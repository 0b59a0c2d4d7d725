// A convolution and the max pooling behind it as one (see graph/rewrite/conv-pool.ts). For each place k of the
// pooling window, z_k is the product of the patches of the outputs that stand at that place; pooled is their
// maximum. A pooled gradient goes to the first z_k that holds it, in row-major order, as in TensorFlow.

import { op, type Value } from '@sightline/onnx';
import {
  type ConvAttributes,
  convInfo,
  LARGE_PATCHES,
  type Pair,
  patchBytes,
  slabProducts,
  usesWinograd,
} from './conv.ts';
import { activate, isNotLess } from './elementwise.ts';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, leavesGaps, scatterColumns, windowTable } from './patches.ts';
import { type Patches, placePatches } from './pixel-pairs.ts';
import { isTiling, type PoolAttributes, poolInfo } from './pool.ts';
import { byChannel } from './wide-rows.ts';

export interface ConvPoolAttributes {
  readonly conv: ConvAttributes;
  readonly pool: PoolAttributes;
}

const infos = (xShape: readonly number[], filterShape: readonly number[], a: ConvPoolAttributes) => {
  const conv = convInfo(xShape, filterShape, a.conv);
  return { conv, pool: poolInfo(conv.outShape, a.pool) };
};

/** Whether this form applies: NHWC, small patches, an activation that keeps the order, windows that tile. */
export function convPoolFits(
  x: readonly number[],
  filter: readonly number[],
  a: ConvPoolAttributes,
): boolean {
  if (a.conv.dataFormat === 'NCHW' || ![undefined, 'linear', 'relu'].includes(a.conv.activation))
    return false;
  const { conv, pool } = infos(x, filter, a);
  const isSmall = patchBytes(conv) <= LARGE_PATCHES && !usesWinograd(conv);
  return isTiling(pool) && pool.filterHeight * pool.filterWidth > 1 && isSmall;
}

const tables = new WeakMap<Int32Array, Map<string, Int32Array[]>>();

/** For each place of the pooling window, the rows of the convolution's table that stand there, pooled row-major. */
function placeTables(conv: Conv2DInfo, pool: Conv2DInfo): Int32Array[] {
  const whole = windowTable(conv);
  const byPool = tables.get(whole) ?? new Map<string, Int32Array[]>();
  tables.set(whole, byPool);
  const key = `${pool.filterHeight}x${pool.filterWidth}`;
  let parts = byPool.get(key);
  if (!parts) {
    parts = makePlaceTables(whole, conv, pool);
    byPool.set(key, parts);
  }
  return parts;
}

function makePlaceTables(whole: Int32Array, conv: Conv2DInfo, pool: Conv2DInfo): Int32Array[] {
  const width = conv.filterHeight * conv.filterWidth;
  const parts: Int32Array[] = [];
  for (let py = 0; py < pool.filterHeight; py++) {
    for (let px = 0; px < pool.filterWidth; px++) {
      const table = new Int32Array(pool.outHeight * pool.outWidth * width);
      for (let oy = 0; oy < pool.outHeight; oy++) {
        for (let ox = 0; ox < pool.outWidth; ox++) {
          const row = (oy * pool.filterHeight + py) * conv.outWidth + ox * pool.filterWidth + px;
          table.set(whole.subarray(row * width, (row + 1) * width), (oy * pool.outWidth + ox) * width);
        }
      }
      parts.push(table);
    }
  }
  return parts;
}

interface Parts {
  readonly conv: Conv2DInfo;
  readonly pool: Conv2DInfo;
  readonly tables: readonly Int32Array[];
  /** (N * OH * OW of the pool, KH * KW * C), one a place. */
  readonly patches: readonly Patches[];
  /** The product (N * OH * OW, filters) of all places, without bias. */
  readonly maximum: Maximum;
  readonly matrix: Value;
}

function partsOf(context: LoweringContext, x: Value, filter: Value, a: ConvPoolAttributes): Parts {
  return context.share(`conv-pool ${x.name} ${filter.name} ${JSON.stringify(a)}`, () => {
    const { graph: g } = context;
    const { conv, pool } = infos(shapeOf(x), shapeOf(filter), a);
    const width = conv.filterHeight * conv.filterWidth * conv.inChannels;
    const matrix = op.reshape(g, filter, [width, conv.outChannels]);
    const tables = placeTables(conv, pool);
    const patches = tables.map((table) => placePatches(context, x, table, conv));
    const maximum = tournament(
      context,
      patches.map((p) => op.gemm(g, p.value, p.toMatrix(filter))),
    );
    return { conv, pool, tables, patches, maximum, matrix };
  });
}

/** dy at the first place that holds the maximum, 0 at the others: one (rows, filters) a place. */
function placeGradients(context: LoweringContext, parts: Parts, dy: Value): readonly Value[] {
  return context.share(`conv-pool gradient ${dy.name} ${parts.maximum.value.name}`, () => {
    const flat = op.reshape(context.graph, dy, parts.maximum.value.shape);
    return dealOut(context, parts.maximum, flat);
  });
}

/** A maximum with the two that it was taken of; those of the window's places have none. */
interface Maximum {
  readonly value: Value;
  readonly of?: readonly [first: Maximum, second: Maximum];
}

/** The maximum of values, taken in pairs of neighbors, so that a gradient finds its way back by comparisons. */
function tournament({ graph: g }: LoweringContext, values: readonly Value[]): Maximum {
  let round: Maximum[] = values.map((value) => ({ value }));
  while (round.length > 1) {
    const next: Maximum[] = [];
    for (let i = 0; i < round.length; i += 2) {
      const [first, second] = [round[i]!, round[i + 1]];
      next.push(second ? { value: op.max(g, first.value, second.value), of: [first, second] } : first);
    }
    round = next;
  }
  return round[0]!;
}

/** Sends a gradient down to the places: to the first of two where it is at least the second. */
function dealOut(context: LoweringContext, maximum: Maximum, gradient: Value): Value[] {
  if (!maximum.of) return [gradient];
  const { graph: g } = context;
  const [first, second] = maximum.of;
  const wins = isNotLess(g, first.value, second.value);
  const own = op.mul(g, gradient, wins);
  return [...dealOut(context, first, own), ...dealOut(context, second, op.sub(g, gradient, own))];
}

export const CONV_POOL: Record<string, Lowering> = {
  ConvPool: (context, { x, filter, bias }, a: ConvPoolAttributes) => {
    const { graph: g } = context;
    const { maximum, pool } = partsOf(context, x!, filter!, a);
    const biased = bias ? byChannel(context, op.add, maximum.value, bias) : maximum.value;
    return op.reshape(g, activate(g, biased, a.conv), pool.outShape);
  },
  ConvPoolGradFilter: (context, { x, filter, dy }, a: ConvPoolAttributes) => {
    const { graph: g } = context;
    const parts = partsOf(context, x!, filter!, a);
    const gradients = placeGradients(context, parts, dy!);
    const products = [...Map.groupBy(parts.patches.keys(), (i) => parts.patches[i]!.layout).values()];
    const sums = products.map((places) => {
      const pairs = places.map((i): Pair => [parts.patches[i]!.value, gradients[i]!]);
      return parts.patches[places[0]!]!.toFilter(slabProducts(g, pairs));
    });
    return sums.reduce((sum, value) => op.add(g, sum, value));
  },
  ConvPoolGradInput: (context, { x, filter, dy }, a: ConvPoolAttributes) => {
    const { graph: g } = context;
    const parts = partsOf(context, x!, filter!, a);
    const { batchSize, outChannels } = parts.conv;
    const positions = parts.pool.outHeight * parts.pool.outWidth;
    const byImage = placeGradients(context, parts, dy!).map((d) =>
      op.reshape(g, d, [batchSize, positions, outChannels]),
    );
    const table = Int32Array.from(parts.tables.flatMap((t) => [...t]));
    // A window of zeros gives zeros for the pixels that no other window covers.
    if (leavesGaps(table, parts.conv)) {
      byImage.push(g.constant(new Float32Array(batchSize * outChannels), [batchSize, 1, outChannels]));
    }
    const windows = op.concat(g, byImage, 1);
    const rows = op.reshape(g, windows, [batchSize * shapeOf(windows)[1]!, outChannels]);
    const columns = op.gemm(g, rows, parts.matrix, undefined, { transB: true });
    return scatterColumns(context, columns, table, parts.conv);
  },
};

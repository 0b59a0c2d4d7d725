// im2col as one Gather. An image batch (N, H, W, C) is viewed as (N, H*W, C); a constant table names, for each output
// position and each place of the kernel, the pixel that lies under it. Padding and dilation are only other tables:
// what lies outside points to a zero row behind the last pixel.
//
// `patches` are (N * OH * OW, KH * KW * C): one row an output position, so that a convolution is one product.

import { op, type Value } from '@sightline/onnx';
import { withZeroRow } from '@sightline/ort';
import { type backend_util, util } from '@tensorflow/tfjs-core';
import { IndexTables } from './index-tables.ts';
import { type LoweringContext, shapeOf } from './lowering.ts';
import { type WindowInfo, windowKey, windowsByRuns } from './pixel-runs.ts';

export type Conv2DInfo = backend_util.Conv2DInfo;

const tables = new IndexTables();

/** The pixel under each place of each window, (OH * OW, KH * KW); `inHeight * inWidth` where none is. */
export function windowTable(info: WindowInfo): Int32Array {
  return tables.get(windowKey(info), () => makeWindowTable(info));
}

function makeWindowTable(info: WindowInfo): Int32Array {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = info;
  const table = new Int32Array(outHeight * outWidth * filterHeight * filterWidth);
  let at = 0;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const y = oy * info.strideHeight - info.padInfo.top + ky * info.dilationHeight;
        for (let kx = 0; kx < filterWidth; kx++) {
          const x = ox * info.strideWidth - info.padInfo.left + kx * info.dilationWidth;
          const inside = y >= 0 && y < inHeight && x >= 0 && x < inWidth;
          table[at++] = inside ? y * inWidth + x : inHeight * inWidth;
        }
      }
    }
  }
  return table;
}

/** Whether a table points outside the image anywhere. */
const leavesImage = (table: Int32Array, pixels: number): boolean => table.includes(pixels);

interface InverseTable {
  readonly data: Int32Array;
  /** Contributions a pixel, at most. */
  readonly length: number;
}

/** For each pixel the places of a table that point to it, padded to one length with `table.length`, (pixels, length). */
function inverseTable(table: Int32Array, pixels: number): InverseTable {
  const counts = new Int32Array(pixels + 1);
  for (const pixel of table) counts[pixel]!++;
  const length = Math.max(
    1,
    counts.subarray(0, pixels).reduce((a, b) => Math.max(a, b), 0),
  );
  const data = new Int32Array(pixels * length).fill(table.length);
  const filled = new Int32Array(pixels);
  table.forEach((pixel, place) => {
    if (pixel < pixels) data[pixel * length + filled[pixel]!++] = place;
  });
  return { data, length };
}

/** (N, OH * OW, KH * KW, C) of x: (N, H, W, C). Shared by all that need the same patches. */
export function windows(context: LoweringContext, x: Value, info: WindowInfo): Value {
  const places = info.filterHeight * info.filterWidth;
  return windowsByRuns(context, x, info) ?? gatherWindows(context, x, windowTable(info), places);
}

/** (N, windows, places, C) of x by a table (windows, places) of its pixels. */
export function gatherWindows(context: LoweringContext, x: Value, table: Int32Array, places: number): Value {
  const { graph: g } = context;
  const [n, h, w, c] = shapeOf(x) as [number, number, number, number];
  return context.share(`windows ${x.name} ${tableId(table)}`, () => {
    const pixels = op.reshape(g, x, [n, h * w, c]);
    const source = leavesImage(table, h * w) ? withZeroRow(g, pixels) : pixels;
    return op.gather(g, source, g.constant(table, [table.length / places, places]), 1);
  });
}

const ids = new WeakMap<Int32Array, number>();
let nextTable = 0;

/** Tables are made once each, so identity tells them apart. */
function tableId(table: Int32Array): number {
  let id = ids.get(table);
  if (id === undefined) {
    id = nextTable++;
    ids.set(table, id);
  }
  return id;
}

/** im2col: (N * OH * OW, KH * KW * C). A 1x1 kernel at stride 1 needs no Gather. */
export function patches(context: LoweringContext, x: Value, info: Conv2DInfo): Value {
  const { graph: g } = context;
  const rows = info.batchSize * info.outHeight * info.outWidth;
  const width = info.filterHeight * info.filterWidth * info.inChannels;
  if (isPointwise(info)) return op.reshape(g, x, [rows, width]);
  return op.reshape(g, windows(context, x, info), [rows, width]);
}

/** The transpose of im2col: adds (N * OH * OW, KH * KW * C) onto the pixels they came from, (N, H, W, C). */
export function scatterPatches(context: LoweringContext, columns: Value, info: Conv2DInfo): Value {
  const { batchSize, inHeight, inWidth, inChannels } = info;
  if (isPointwise(info))
    return op.reshape(context.graph, columns, [batchSize, inHeight, inWidth, inChannels]);
  return scatterColumns(context, columns, windowTable(info), info);
}

/** A Gather and an Add for each contribution where they are few: a ReduceSum over an inner axis is slower. */
const FEW_CONTRIBUTIONS = 16;

/** (N, pixels, C) of places (N, places, C): for each pixel the sum of those that an inverse table names. */
function addedUp(context: LoweringContext, places: Value, { data, length }: InverseTable): Value {
  const { graph: g } = context;
  const pixels = data.length / length;
  if (length > FEW_CONTRIBUTIONS) {
    return op.reduceSum(g, op.gather(g, places, g.constant(data, [pixels, length]), 1), [2]);
  }
  const columns = context.share(`columns ${tableId(data)}`, () =>
    Array.from({ length }, (_, k) =>
      Int32Array.from({ length: pixels }, (_, pixel) => data[pixel * length + k]!),
    ),
  );
  const parts = columns.map((column) => op.gather(g, places, g.constant(column), 1));
  return parts.reduce((a, b) => op.add(g, a, b));
}

type ImageInfo = Pick<Conv2DInfo, 'batchSize' | 'inHeight' | 'inWidth' | 'inChannels'>;

/** Whether some pixels have fewer contributions from a table's places than others. */
export const leavesGaps = (table: Int32Array, { inHeight, inWidth }: ImageInfo): boolean =>
  inverseTable(table, inHeight * inWidth).data.includes(table.length);

/**
 * As `scatterPatches`, for columns that were taken by a table of any order of windows. Where an image has more columns
 * than the table, those behind are zeros.
 */
export function scatterColumns(
  context: LoweringContext,
  columns: Value,
  table: Int32Array,
  info: ImageInfo,
): Value {
  const { graph: g } = context;
  const { batchSize, inHeight, inWidth, inChannels } = info;
  const key = `inverse ${tableId(table)} ${inHeight * inWidth}`;
  const inverse = context.share(key, () => inverseTable(table, inHeight * inWidth));
  // A batch without images takes any number.
  const count =
    batchSize === 0 ? table.length : util.sizeFromShape(shapeOf(columns)) / (batchSize * inChannels);
  const places = op.reshape(g, columns, [batchSize, count, inChannels]);
  const needsZeros = count === table.length && inverse.data.includes(table.length);
  const source = needsZeros ? withZeroRow(g, places) : places;
  const summed = addedUp(context, source, inverse);
  return op.reshape(g, summed, [batchSize, inHeight, inWidth, inChannels]);
}

/** Whether each output pixel is of one image pixel, in place. */
export const isPointwise = (info: Conv2DInfo): boolean =>
  info.filterHeight === 1 &&
  info.filterWidth === 1 &&
  info.strideHeight === 1 &&
  info.strideWidth === 1 &&
  info.outHeight === info.inHeight &&
  info.outWidth === info.inWidth;

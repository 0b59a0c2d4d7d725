// Images of few channels are gathered by pairs of pixels: copying 24 bytes takes as long as copying 12. A window that
// begins at the second pixel of a pair takes the first one, too, and one that ends at the first takes the second; for
// them the filter has columns of zeros.
//
// (As with Winograd's products, a pixel that is not finite then reaches its neighbours.)
//
//   pixels    . a b c d e .        a window of 5 that begins at an odd place
//   pairs    [. a][b c][d e]       zeros: 1 before, 0 after

import { op, type Value } from '@sightline/onnx';
import { type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, gatherWindows } from './patches.ts';

/** Nanoseconds, of which only the proportion matters: of a copy, of an element gathered, of one multiplied by a filter. */
const [COPY, ELEMENT, PRODUCT] = [1.5, 0.11, 0.014];

/** Windows over pairs of pixels. */
export interface PairTable {
  /** The pairs under each window, (windows, KH * pairs). */
  readonly table: Int32Array;
  /** Of a row of a window. */
  readonly pairs: number;
  /** Columns of zeros before the filter's own, and behind them. */
  readonly before: number;
  readonly after: number;
}

/** A table of pixels as one of pairs: where all windows lie alike in pairs, and copies are saved for little arithmetic. */
export function pairTable(table: Int32Array, conv: Conv2DInfo): PairTable | undefined {
  const { filterHeight, filterWidth, inWidth, inHeight, inChannels, outChannels } = conv;
  const before = (table[0]! % inWidth) % 2;
  const pairs = Math.ceil((before + filterWidth) / 2);
  const after = 2 * pairs - filterWidth - before;
  const copies = filterHeight * (filterWidth - pairs);
  const elements = filterHeight * (before + after) * inChannels;
  if (copies * COPY <= elements * (ELEMENT + outChannels * PRODUCT)) return undefined;
  if (table.length === 0 || inWidth % 2 !== 0 || conv.dilationWidth !== 1) return undefined;

  const rows = table.length / filterWidth;
  const paired = new Int32Array(rows * pairs);
  for (let row = 0; row < rows; row++) {
    const pixels = table.subarray(row * filterWidth, (row + 1) * filterWidth);
    const first = pixels[0]! - before;
    const isInside = pixels.every((pixel, i) => pixel < inHeight * inWidth && pixel === pixels[0]! + i);
    const x = first % inWidth;
    if (!isInside || x % 2 !== 0 || x + 2 * pairs > inWidth) return undefined;
    for (let k = 0; k < pairs; k++) paired[row * pairs + k] = first / 2 + k;
  }
  return { table: paired, pairs, before, after };
}

/** Patches, (rows, width), with what brings a filter into their order, and a filter's gradient back from it. */
export interface Patches {
  readonly value: Value;
  /** Patches of equal layout have one. */
  readonly layout: string;
  /** (KH, KW, C, F) to (width, F). */
  readonly toMatrix: (filter: Value) => Value;
  /** And back: sums of products that fall on zeros are left out. */
  readonly toFilter: (matrix: Value) => Value;
}

/** (N * windows, KH * KW * C) of x by a table of its pixels, (windows, KH * KW). */
export function pixelPatches(
  context: LoweringContext,
  x: Value,
  table: Int32Array,
  conv: Conv2DInfo,
): Patches {
  const { graph: g } = context;
  const { filterHeight, filterWidth, inChannels, outChannels } = conv;
  const places = filterHeight * filterWidth;
  const width = places * inChannels;
  return {
    value: op.reshape(g, gatherWindows(context, x, table, places), [rowsOf(table, places, conv), width]),
    layout: 'pixels',
    toMatrix: (filter) => op.reshape(g, filter, [width, outChannels]),
    toFilter: (matrix) => op.reshape(g, matrix, [filterHeight, filterWidth, inChannels, outChannels]),
  };
}

/** The same by a table of pairs. */
export function pairPatches(
  context: LoweringContext,
  x: Value,
  windows: PairTable,
  conv: Conv2DInfo,
): Patches {
  const { graph: g } = context;
  const { pairs, before, after, table } = windows;
  const { filterHeight, filterWidth, inChannels, outChannels } = conv;
  const [n, h, w, c] = shapeOf(x) as [number, number, number, number];
  const places = filterHeight * pairs;
  const width = places * 2 * inChannels;
  const layout = `pairs ${before} ${after}`;
  const halves = op.reshape(g, x, [n, h, w / 2, 2 * c]);
  return {
    value: op.reshape(g, gatherWindows(context, halves, table, places), [rowsOf(table, places, conv), width]),
    layout,
    toMatrix: (filter) =>
      context.share(`${layout} of ${filter.name}`, () => {
        const padded = op.pad(g, filter, [0, before, 0, 0], [0, after, 0, 0], 'constant', g.float(0));
        return op.reshape(g, padded, [width, outChannels]);
      }),
    toFilter(matrix) {
      const wide = op.reshape(g, matrix, [filterHeight, 2 * pairs, inChannels, outChannels]);
      return op.slice(g, wide, [before], [before + filterWidth], [1]);
    },
  };
}

const rowsOf = (table: Int32Array, places: number, { batchSize }: Conv2DInfo): number =>
  (batchSize * table.length) / places;

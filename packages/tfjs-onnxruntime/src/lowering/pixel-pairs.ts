// Images of few channels are gathered by several pixels at once: copying 24 bytes takes as long as copying 12.
//
// Where windows stand side by side across the image, by whole rows of a window: *runs*. Between two windows there may be
// a few pixels, which the first one takes; for them the filter has columns of zeros.
//
// Elsewhere by pairs of pixels. A window that begins at the second pixel of a pair takes the first one, too, and one that
// ends at the first takes the second.
//
// (As with Winograd's products, a pixel that is not finite then reaches its neighbors.)
//
//   pixels    . a b c d e .        a window of 5 that begins at an odd place
//   pairs    [. a][b c][d e]       zeros: 1 before, 0 after

import { op, type Value } from '@sightline/onnx';
import { type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, gatherWindows } from './patches.ts';
import { COPY, ELEMENT } from './pixel-runs.ts';

/** Nanoseconds that an element takes that is multiplied by a filter, beside those of `COPY` and `ELEMENT`. */
const PRODUCT = 0.014;

/** Whether so many copies a row of a window, over so many columns of zeros, are better than a copy a pixel. */
const savesTime = (
  { filterHeight, filterWidth, inChannels, outChannels }: Conv2DInfo,
  copies: number,
  zeros: number,
): boolean => {
  const saved = filterHeight * (filterWidth - copies) * COPY;
  return saved > filterHeight * zeros * inChannels * (ELEMENT + outChannels * PRODUCT);
};

/** Windows over pairs of pixels. */
export interface PairTable {
  /** The pairs under each window, (windows, KH * pairs). */
  readonly table: Int32Array;
  /** Pairs in a row of a window. */
  readonly pairs: number;
  /** Columns of zeros before the filter's own, and behind them. */
  readonly before: number;
  readonly after: number;
}

/** A table of pixels as one of pairs: where all windows lie alike in pairs, and copies are saved for little arithmetic. */
export function pairTable(table: Int32Array, conv: Conv2DInfo): PairTable | undefined {
  const { filterWidth, inWidth, inHeight } = conv;
  const before = (table[0]! % inWidth) % 2;
  const pairs = Math.ceil((before + filterWidth) / 2);
  const after = 2 * pairs - filterWidth - before;
  if (!savesTime(conv, pairs, before + after)) return undefined;
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

/** Windows whose rows are single runs of pixels, side by side across the image. */
interface RunTable {
  /** The run under each row of each window, (windows, KH). */
  readonly table: Int32Array;
  /** Columns before the first run, pixels of a run, and runs across the image. */
  readonly offset: number;
  readonly run: number;
  readonly across: number;
}

/** A table of pixels as one of runs: where windows stand side by side, and little lies between them. */
function runTable(table: Int32Array, conv: Conv2DInfo): RunTable | undefined {
  const { filterHeight, filterWidth, inWidth, inHeight, dilationWidth } = conv;
  const places = filterHeight * filterWidth;
  if (table.length < 2 * places || dilationWidth !== 1) return undefined;
  const offset = table[0]! % inWidth;
  const run = table[places]! - table[0]!;
  if (run < filterWidth || !savesTime(conv, 1, run - filterWidth)) return undefined;
  const across = Math.floor((inWidth - offset) / run);
  const runs = new Int32Array(table.length / filterWidth);
  for (let row = 0; row < runs.length; row++) {
    const pixels = table.subarray(row * filterWidth, (row + 1) * filterWidth);
    const first = pixels[0]!;
    const isInside = pixels.every((pixel, i) => pixel < inHeight * inWidth && pixel === first + i);
    const x = (first % inWidth) - offset;
    if (!isInside || x < 0 || x % run !== 0 || x / run >= across) return undefined;
    runs[row] = Math.floor(first / inWidth) * across + x / run;
  }
  return { table: runs, offset, run, across };
}

/** Patches, (N * windows, width), with what brings a filter into their order, and a filter's gradient back from it. */
export interface Patches {
  readonly value: Value;
  /** Patches of equal layout have one. */
  readonly layout: string;
  /** (KH, KW, C, F) to (width, F). */
  readonly toMatrix: (filter: Value) => Value;
  /** And back: sums of products that fall on zeros are left out. */
  readonly toFilter: (matrix: Value) => Value;
}

/** What to gather from, by which table with how many places a window, and the columns of zeros that the filter needs. */
function sourceOf(context: LoweringContext, x: Value, pixels: Int32Array, conv: Conv2DInfo) {
  const { graph: g } = context;
  const { filterHeight, filterWidth } = conv;
  const [n, h, w, c] = shapeOf(x) as [number, number, number, number];
  const asItIs = { source: x, table: pixels, places: filterHeight * filterWidth, before: 0, after: 0 };
  // On other providers a copy's length is not what it costs.
  if (!context.onCpu) return asItIs;
  const runs = runTable(pixels, conv);
  if (runs) {
    const { table, offset, run, across } = runs;
    const source = context.share(`runs ${x.name} ${offset} ${run}`, () =>
      op.reshape(g, op.slice(g, x, [offset], [offset + run * across], [2]), [n, h, across, run * c]),
    );
    return { source, table, places: filterHeight, before: 0, after: run - filterWidth };
  }
  const paired = pairTable(pixels, conv);
  if (!paired) return asItIs;
  const { table, pairs, before, after } = paired;
  const source = op.reshape(g, x, [n, h, w / 2, 2 * c]);
  return { source, table, places: filterHeight * pairs, before, after };
}

/** The patches of x by a table of its pixels, (windows, KH * KW): by pairs where that is faster. */
export function placePatches(
  context: LoweringContext,
  x: Value,
  pixels: Int32Array,
  conv: Conv2DInfo,
): Patches {
  const { graph: g } = context;
  const { batchSize, filterHeight, filterWidth, inChannels, outChannels } = conv;
  const { source, table, places, before, after } = sourceOf(context, x, pixels, conv);
  const columns = before + filterWidth + after;
  const width = filterHeight * columns * inChannels;
  const rows = (batchSize * table.length) / places;
  const layout = `${before} ${after}`;
  return {
    value: op.reshape(g, gatherWindows(context, source, table, places), [rows, width]),
    layout,
    toMatrix: (filter) =>
      context.share(`filter ${filter.name} with zeros ${layout}`, () => {
        const padded = op.pad(g, filter, [0, before, 0, 0], [0, after, 0, 0], 'constant', g.float(0));
        return op.reshape(g, padded, [width, outChannels]);
      }),
    toFilter(matrix) {
      const wide = op.reshape(g, matrix, [filterHeight, columns, inChannels, outChannels]);
      return columns === filterWidth ? wide : op.slice(g, wide, [before], [before + filterWidth], [1]);
    },
  };
}

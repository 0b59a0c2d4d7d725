// Windows of images of few channels, gathered by rows of a window: copying 36 bytes takes as long as copying 12. A row may
// begin at any pixel, but a Gather takes only what begins at a whole number of rows. So the image is laid down as often as
// a window is wide, each time moved by a pixel; it is small beside its windows.
//
//   pixels          a b c d e f g
//   moved by 0     [a b c][d e f]
//   moved by 1     [b c d][e f g]
//   moved by 2     [c d e]

import { op, type Value } from '@sightline/onnx';
import type { backend_util } from '@tensorflow/tfjs-core';
import { IndexTables } from './index-tables.ts';
import { type LoweringContext, shapeOf } from './lowering.ts';

/** Where windows lie on an image. */
export type WindowInfo = Pick<
  backend_util.Conv2DInfo,
  | 'inHeight'
  | 'inWidth'
  | 'outHeight'
  | 'outWidth'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'dilationHeight'
  | 'dilationWidth'
  | 'padInfo'
>;

/** What tells windows apart. */
export const windowKey = (info: WindowInfo): string =>
  [
    info.inHeight,
    info.inWidth,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ].join();

/** Nanoseconds, of which only the proportion matters: of a copy by a Gather, and of an element copied. */
export const [COPY, ELEMENT] = [1.5, 0.11];
/** Passes over an image that is moved: it is cut, and joined with the others. */
const PASSES = 2;

const tables = new IndexTables();

/** The image with what windows cover outside of it. */
interface Frame {
  readonly height: number;
  readonly width: number;
}

function frameOf(info: WindowInfo): Frame {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const covered = (outHeight - 1) * info.strideHeight + (filterHeight - 1) * info.dilationHeight + 1;
  return {
    height: Math.max(padInfo.top + inHeight, covered),
    width: Math.max(padInfo.left + inWidth, (outWidth - 1) * info.strideWidth + filterWidth),
  };
}

/** How many whole rows of a window a frame holds from a pixel on. */
const rowsFrom = (pixel: number, { height, width }: Frame, info: WindowInfo): number =>
  Math.floor((height * width - pixel) / info.filterWidth);

/** The row of pixels under each row of each window, (windows, KH). */
function runTable(info: WindowInfo, frame: Frame): Int32Array {
  const { outHeight, outWidth, filterHeight, filterWidth } = info;
  const starts = [0];
  for (let s = 0; s < filterWidth; s++) starts.push(starts[s]! + rowsFrom(s, frame, info));
  const table = new Int32Array(outHeight * outWidth * filterHeight);
  let at = 0;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const y = oy * info.strideHeight + ky * info.dilationHeight;
        const pixel = y * frame.width + ox * info.strideWidth;
        table[at++] = starts[pixel % filterWidth]! + Math.floor(pixel / filterWidth);
      }
    }
  }
  return table;
}

/** (N, OH * OW, KH * KW, C) of x: (N, H, W, C), where that is faster than a copy for each pixel of a window. */
export function windowsByRuns(context: LoweringContext, x: Value, info: WindowInfo): Value | undefined {
  const { graph: g } = context;
  const { outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const [n, height, width, c] = shapeOf(x) as [number, number, number, number];
  const frame = frameOf(info);
  const pixels = frame.height * frame.width;
  const saved = outHeight * outWidth * filterHeight * (filterWidth - 1) * COPY;
  // On other providers a copy's length is not what it costs.
  if (!context.onCpu || info.dilationWidth !== 1 || saved <= filterWidth * pixels * c * PASSES * ELEMENT)
    return undefined;
  const key = windowKey(info);
  return context.share(`runs of windows ${x.name} ${key}`, () => {
    const table = tables.get(key, () => runTable(info, frame));
    const { top, left } = padInfo;
    const [bottom, right] = [frame.height - top - height, frame.width - left - width];
    const framed = [top, left, bottom, right].some((padding) => padding > 0)
      ? op.pad(g, x, [0, top, left, 0], [0, bottom, right, 0], 'constant', g.float(0))
      : x;
    const flat = op.reshape(g, framed, [n, pixels * c]);
    const moved = Array.from({ length: filterWidth }, (_, s) => {
      const rows = rowsFrom(s, frame, info);
      const cut = op.slice(g, flat, [s * c], [(s + rows * filterWidth) * c], [1]);
      return op.reshape(g, cut, [n, rows, filterWidth * c]);
    });
    const source = op.concat(g, moved, 1);
    const rows = op.gather(g, source, g.constant(table, [outHeight * outWidth, filterHeight]), 1);
    return op.reshape(g, rows, [n, outHeight * outWidth, filterHeight * filterWidth, c]);
  });
}

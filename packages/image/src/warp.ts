// Warps an image by an affine map with bilinear interpolation (scipy's affine_transform, order 1), with any fill mode.
// Each row is cut into the part whose four taps all lie inside, which needs no checks, and the rest. For `nearest`, which
// is Keras' default, the compiled kernel does the same five times as fast.

import { type Affine, isIdentity } from './affine.ts';
import { type FillMode, mapCoordinate, mapTap } from './fill.ts';
import { scalePixels, warpPixels } from './kernels.ts';

/** RGB pixels that begin somewhere in an array: one image of many. */
export interface PixelsAt {
  readonly pixels: Uint8Array;
  readonly from: number;
  readonly height: number;
  readonly width: number;
}

export interface WarpTarget {
  readonly out: Float32Array;
  /** Where in `out` the image begins. */
  readonly at: number;
  /** What each pixel value is multiplied by: 1 / 255 gives [0, 1]. */
  readonly scale: number;
}

export interface WarpFill {
  readonly fill: FillMode;
  /** From 0 to 255, as Keras' cval. */
  readonly fillValue: number;
}

/** Warps an RGB image by an affine map into a float image of the same size. */
export function warpImage(
  { pixels, from, height, width }: PixelsAt,
  map: Affine,
  { fill, fillValue }: WarpFill,
  target: WarpTarget,
): void {
  const { out, at, scale } = target;
  if (isIdentity(map)) scalePixels(pixels, from, height * width * 3, scale, out, at);
  else if (fill === 'nearest' && height > 1 && width > 1)
    warpPixels(pixels, from, height, width, map, scale, out, at);
  else warpAny(pixels, from, height, width, map, fill, fillValue, target);
}

/** The warp for any fill mode and size. */
export function warpAny(
  pixels: Uint8Array,
  from: number,
  height: number,
  width: number,
  map: Affine,
  fill: FillMode,
  fillValue: number,
  { out, at, scale }: WarpTarget,
): void {
  const { a, b, c, d } = map;
  const stride = width * 3;
  for (let row = 0; row < height; row++) {
    const [row0, column0] = [a * row + map.tr, c * row + map.tc];
    const rowsFit = range(row0, b, height - 1, width);
    const columnsFit = range(column0, d, width - 1, width);
    const first = Math.max(rowsFit[0], columnsFit[0]);
    const last = Math.max(first, Math.min(rowsFit[1], columnsFit[1]));
    const line = at + row * stride;
    edge(0, first, row0, column0, line);
    inner(pixels, from, stride, first, last, row0, b, column0, d, scale, out, line);
    edge(last, width, row0, column0, line);
  }

  function edge(start: number, end: number, row0: number, column0: number, line: number): void {
    for (let x = start; x < end; x++) {
      const r = mapCoordinate(row0 + b * x, height, fill);
      const k = mapCoordinate(column0 + d * x, width, fill);
      const to = line + x * 3;
      if (r === -1 && fill === 'constant') out.fill(fillValue * scale, to, to + 3);
      else if (k === -1 && fill === 'constant') out.fill(fillValue * scale, to, to + 3);
      else {
        const [top, left] = [Math.floor(r), Math.floor(k)];
        const [down, right] = [(r - top) * scale, k - left];
        const up = scale - down;
        const line0 = from + mapTap(top, height, fill) * stride;
        const line1 = from + mapTap(top + 1, height, fill) * stride;
        const column0 = mapTap(left, width, fill) * 3;
        const column1 = mapTap(left + 1, width, fill) * 3;
        for (let channel = 0; channel < 3; channel++) {
          const above = mixed(pixels[line0 + column0 + channel]!, pixels[line0 + column1 + channel]!, right);
          const below = mixed(pixels[line1 + column0 + channel]!, pixels[line1 + column1 + channel]!, right);
          out[to + channel] = above * up + below * down;
        }
      }
    }
  }
}

const mixed = (p: number, q: number, share: number) => p + (q - p) * share;

/** The x in [0, width) for which 0 <= start + step * x < limit, as a range. */
function range(start: number, step: number, limit: number, width: number): readonly [number, number] {
  const inside = (x: number) => start + step * x >= 0 && start + step * x < limit;
  if (step === 0) return inside(0) ? [0, width] : [0, 0];
  const [one, other] = [-start / step, (limit - start) / step];
  let low = Math.min(Math.max(Math.ceil(Math.min(one, other)), 0), width);
  let high = Math.min(Math.max(Math.floor(Math.max(one, other)) + 1, low), width);
  // Division rounds; what is computed for a pixel decides. Rounded sums still rise or fall, so the ends speak for all.
  while (low < high && !inside(low)) low++;
  while (high > low && !inside(high - 1)) high--;
  return [low, high];
}

function inner(
  pixels: Uint8Array,
  from: number,
  stride: number,
  first: number,
  last: number,
  row0: number,
  rowStep: number,
  column0: number,
  columnStep: number,
  scale: number,
  out: Float32Array,
  line: number,
): void {
  let to = line + first * 3;
  for (let x = first; x < last; x++) {
    const r = row0 + rowStep * x;
    const k = column0 + columnStep * x;
    const top = r | 0;
    const left = k | 0;
    const down = (r - top) * scale;
    const right = k - left;
    const w11 = down * right;
    const w10 = down - w11;
    const w01 = scale * right - w11;
    const w00 = scale - down - w01;
    const i = from + top * stride + left * 3;
    const j = i + stride;
    out[to] = pixels[i]! * w00 + pixels[i + 3]! * w01 + pixels[j]! * w10 + pixels[j + 3]! * w11;
    out[to + 1] = pixels[i + 1]! * w00 + pixels[i + 4]! * w01 + pixels[j + 1]! * w10 + pixels[j + 4]! * w11;
    out[to + 2] = pixels[i + 2]! * w00 + pixels[i + 5]! * w01 + pixels[j + 2]! * w10 + pixels[j + 5]! * w11;
    to += 3;
  }
}

/**
 * Resamples 8-bit RGB pixels as Pillow does (and so as Keras' load_img): horizontally, then vertically, rounding to
 * whole pixel values in between (newer versions of Pillow may take the other order; then the rounding differs).
 * Source: Pillow, libImaging/Resample.c and Geometry.c.
 */

import { FILTERS, filterTaps, type Interpolation, PRECISION_BITS, type Taps } from './filters.ts';
import type { RgbImage } from './image.ts';

/** A part of an image, in pixels: left and top inclusive, right and bottom exclusive; may lie between pixels. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Resamples a part of an image to another size. Default box: the whole image. */
export function resample(
  image: RgbImage,
  height: number,
  width: number,
  interpolation: Interpolation,
  box: Box = [0, 0, image.width, image.height],
): RgbImage {
  const whole = box[0] === 0 && box[1] === 0 && box[2] === image.width && box[3] === image.height;
  if (whole && image.width === width && image.height === height) return image;
  if (interpolation === 'nearest') return nearest(image, height, width, box);
  const filter = FILTERS[interpolation];
  const horizontal = filterTaps(filter, image.width, box[0], box[2], width);
  const vertical = filterTaps(filter, image.height, box[1], box[3], height);
  const firstRow = vertical.start[0]!;
  const endRow = vertical.start[height - 1]! + vertical.count[height - 1]!;
  const rows = resampleRows(image, horizontal, width, firstRow, endRow);
  return { data: resampleColumns(rows, firstRow, width, vertical, height), width, height };
}

function nearest({ data, width: stride }: RgbImage, height: number, width: number, box: Box): RgbImage {
  const out = new Uint8Array(height * width * 3);
  const [scaleX, scaleY] = [(box[2] - box[0]) / width, (box[3] - box[1]) / height];
  const columns = Int32Array.from({ length: width }, (_, x) => Math.trunc(box[0] + (x + 0.5) * scaleX) * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.trunc(box[1] + (y + 0.5) * scaleY) * stride * 3;
    for (let x = 0; x < width; x++) {
      const from = row + columns[x]!;
      out[at++] = data[from]!;
      out[at++] = data[from + 1]!;
      out[at++] = data[from + 2]!;
    }
  }
  return { data: out, width, height };
}

const HALF = 1 << (PRECISION_BITS - 1);

/** Resamples each row from `firstRow` to before `endRow` to `width` pixels. */
function resampleRows(
  { data, width: stride }: RgbImage,
  taps: Taps,
  width: number,
  firstRow: number,
  endRow: number,
): Uint8Array {
  const out = new Uint8ClampedArray((endRow - firstRow) * width * 3);
  const { start, count, weights } = taps;
  for (let y = firstRow, at = 0; y < endRow; y++) {
    for (let x = 0; x < width; x++) {
      let from = (y * stride + start[x]!) * 3;
      let [r, g, b] = [HALF, HALF, HALF];
      const first = x * taps.stride;
      for (let t = first; t < first + count[x]!; t++) {
        const weight = weights[t]!;
        r = (r + data[from]! * weight) | 0;
        g = (g + data[from + 1]! * weight) | 0;
        b = (b + data[from + 2]! * weight) | 0;
        from += 3;
      }
      out[at++] = r >> PRECISION_BITS;
      out[at++] = g >> PRECISION_BITS;
      out[at++] = b >> PRECISION_BITS;
    }
  }
  return new Uint8Array(out.buffer);
}

/** Resamples columns of rows that begin at `firstRow` to `height` pixels. */
function resampleColumns(
  rows: Uint8Array,
  firstRow: number,
  width: number,
  taps: Taps,
  height: number,
): Uint8Array {
  const rowBytes = width * 3;
  const out = new Uint8ClampedArray(height * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let t = 0; t < taps.count[y]!; t++) {
      const weight = taps.weights[y * taps.stride + t]!;
      const from = (taps.start[y]! + t - firstRow) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] = sums[x]! + rows[from + x]! * weight;
    }
    for (let x = 0; x < rowBytes; x++) out[y * rowBytes + x] = sums[x]! >> PRECISION_BITS;
  }
  return new Uint8Array(out.buffer);
}

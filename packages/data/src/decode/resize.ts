// Resizes 8-bit RGB pixels as Pillow does (and so as Keras' load_img): across, then down, rounding to
// whole levels in between (newer Pillows may take the other order where that is less work; then the rounding differs).
// Source: Pillow, libImaging/Resample.c and Geometry.c.

import { FILTERS, filterTaps, type Interpolation, PRECISION_BITS, type Taps } from './resize-filter.ts';

/** 8-bit RGB pixels, row by row, three bytes each. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A part of an image, in pixels: left and top inclusive, right and bottom exclusive. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Draws a part of an image (all of it unless given) at another size. */
export function resizeImage(
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
  const across = filterTaps(filter, image.width, box[0], box[2], width);
  const down = filterTaps(filter, image.height, box[1], box[3], height);
  return { data: resampleDown(resampleAcross(image, across, width), width, down, height), width, height };
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
function resampleAcross({ data, width: stride, height }: RgbImage, taps: Taps, width: number): Uint8Array {
  const out = new Uint8ClampedArray(height * width * 3);
  const { start, count, weights } = taps;
  for (let y = 0; y < height; y++) {
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
      const at = (y * width + x) * 3;
      out[at] = r >> PRECISION_BITS;
      out[at + 1] = g >> PRECISION_BITS;
      out[at + 2] = b >> PRECISION_BITS;
    }
  }
  return new Uint8Array(out.buffer);
}

function resampleDown(data: Uint8Array, width: number, taps: Taps, height: number): Uint8Array {
  const row = width * 3;
  const out = new Uint8ClampedArray(height * row);
  const sums = new Int32Array(row);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let t = 0; t < taps.count[y]!; t++) {
      const weight = taps.weights[y * taps.stride + t]!;
      const from = (taps.start[y]! + t) * row;
      for (let x = 0; x < row; x++) sums[x] = sums[x]! + data[from + x]! * weight;
    }
    for (let x = 0; x < row; x++) out[y * row + x] = sums[x]! >> PRECISION_BITS;
  }
  return new Uint8Array(out.buffer);
}

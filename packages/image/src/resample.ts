/**
 * Resamples 8-bit RGB pixels as Pillow does (and so as Keras' load_img): horizontally, then vertically, rounding to
 * whole pixel values in between (newer versions of Pillow may take the other order; then the rounding differs).
 * Source: Pillow, libImaging/Resample.c and Geometry.c.
 */

import { FILTERS, filterTaps, type Interpolation } from './filters.ts';
import type { RgbImage } from './image.ts';
import { resamplePixels } from './kernels.ts';

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
  // Rows above and below the box count for nothing.
  const [firstRow, endRow] = [vertical.start[0]!, vertical.start[height - 1]! + vertical.count[height - 1]!];
  const rows = image.data.subarray(firstRow * image.width * 3, endRow * image.width * 3);
  const down = { ...vertical, start: vertical.start.map((row) => row - firstRow) };
  return { data: resamplePixels(rows, image.width * 3, horizontal, width, down, height), width, height };
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

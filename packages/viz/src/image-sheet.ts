// A sheet: many small images of one size in one picture, row by row, with nothing between them, so that a page loads
// one file and shows each tile by itself, with its own caption.

import { SightlineError } from '@sightline/core';
import type { Image } from '@sightline/image';

export interface ImageSheetOptions {
  /** Images in a row. Default: 8, or fewer where there are fewer images. */
  columns?: number;
}

/** Where the tiles of a sheet are: the record that stands beside the sheet's PNG as `tile` and `columns`. */
export interface SheetLayout {
  /** Height and width of one image in pixels. */
  tile: [height: number, width: number];
  columns: number;
}

/**
 * The images side by side; places that are left over in the last row are transparent.
 * @param images bytes as [count, height, width, 3], RGB
 */
export function imageSheet(
  images: Uint8Array,
  shape: readonly [count: number, height: number, width: number, channels: number],
  options: ImageSheetOptions = {},
): Image & SheetLayout {
  const [count, height, width, channels] = shape;
  if (channels !== 3 || count * height * width * channels !== images.length) {
    throw new SightlineError(
      'shape',
      `Images of a sheet are bytes of the shape [count, height, width, 3]; [${shape.join(', ')}] and ${images.length} bytes came.`,
    );
  }
  if (count < 1) throw new SightlineError('empty', 'A sheet needs at least one image, and none came.');
  const columns = Math.min(options.columns ?? 8, count);
  if (!Number.isInteger(columns) || columns < 1) {
    throw new SightlineError(
      'option',
      `The columns of a sheet are a whole number of at least 1, not ${options.columns}.`,
    );
  }
  const rows = Math.ceil(count / columns);
  const sheetWidth = columns * width;
  const isFull = rows * columns === count;
  const depth = isFull ? 3 : 4;
  const data = new Uint8Array(rows * height * sheetWidth * depth);
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * width;
    const top = Math.trunc(i / columns) * height;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((i * height + y) * width + x) * 3;
        const to = ((top + y) * sheetWidth + left + x) * depth;
        for (let c = 0; c < 3; c++) data[to + c] = images[from + c]!;
        if (!isFull) data[to + 3] = 255;
      }
    }
  }
  return { data, width: sheetWidth, height: rows * height, channels: depth, tile: [height, width], columns };
}

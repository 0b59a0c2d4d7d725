// Decoded images, ready for training: in shared memory, which worker threads read without a copy, or, where memory
// does not hold them, in a file.

import type { ImageFileLayout } from './image-file.ts';

export interface ImageRows {
  readonly shape: readonly [n: number, height: number, width: number, channels: 3];
  readonly labels: Int32Array;
  readonly paths: readonly string[];
  readonly classes: readonly string[];
}

/** N images of one size in memory: 8-bit RGB, NHWC. */
export interface ImageSet extends ImageRows {
  readonly data: Uint8Array<SharedArrayBuffer>;
}

/** N images of one size in a file. */
export interface StoredImages extends ImageRows {
  readonly file: ImageFileLayout;
}

/** The bytes of one image of the set, as a view. */
export function imageAt({ data, shape: [, height, width, channels] }: ImageSet, index: number): Uint8Array {
  const size = height * width * channels;
  return data.subarray(index * size, (index + 1) * size);
}

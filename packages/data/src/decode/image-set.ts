// Decoded images, ready for training: bytes in shared memory that worker threads read without a copy.

/** N images of one size: 8-bit RGB, NHWC. */
export interface ImageSet {
  readonly data: Uint8Array<SharedArrayBuffer>;
  readonly shape: readonly [n: number, height: number, width: number, channels: 3];
  readonly labels: Int32Array;
  readonly paths: readonly string[];
  readonly classes: readonly string[];
}

/** The bytes of one image of the set, as a view. */
export function imageAt({ data, shape: [, height, width, channels] }: ImageSet, index: number): Uint8Array {
  const size = height * width * channels;
  return data.subarray(index * size, (index + 1) * size);
}

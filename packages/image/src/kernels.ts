/**
 * The compiled inner loops (kernels.wat), with the memory that they work in: images are copied in, worked on, and copied
 * out, which takes a tenth of the time of the work. WebAssembly with SIMD runs in Node and in all current browsers.
 */

import type { Affine } from './affine.ts';
import type { Taps } from './filters.ts';
import { KERNELS_MODULE } from './kernels-module.ts';

/** What is used here of a global that Node and browsers have and the language's own types lack. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scale(src: number, dst: number, count: number, scale: number): void;
  warpNearest(
    ...parameters: [
      src: number,
      dst: number,
      height: number,
      width: number,
      a: number,
      b: number,
      tr: number,
      c: number,
      d: number,
      tc: number,
      scale: number,
    ]
  ): void;
  resampleRows(
    ...parameters: [
      src: number,
      dst: number,
      rows: number,
      stride: number,
      width: number,
      starts: number,
      counts: number,
      weights: number,
      taps: number,
    ]
  ): void;
  resampleColumns(
    ...parameters: [
      src: number,
      dst: number,
      stride: number,
      height: number,
      starts: number,
      counts: number,
      weights: number,
      taps: number,
    ]
  ): void;
}

const module = new WebAssembly.Module(
  Uint8Array.from(atob(KERNELS_MODULE), (character) => character.charCodeAt(0)),
);
const newKernels = () => new WebAssembly.Instance(module).exports as Kernels;
const kept = newKernels();

const PAGE = 1 << 16;
/** The loops read and write whole vectors: up to so many bytes past an image, or past its floats. */
const MARGIN = 64;
/** Memory only grows: what a larger image needs is not kept for the next one. */
const KEPT_BYTES = 1 << 24;
/**
 * An image is resampled horizontally so many bytes at a time: fresh memory for all of a photograph of 12 megapixels takes
 * longer than the work on it.
 */
const BAND_BYTES = 1 << 20;

/** Kernels, with room for parts of so many bytes, and where each part begins. */
function roomFor(...parts: readonly number[]): { kernels: Kernels; at: number[] } {
  let end = 0;
  const at = parts.map((bytes) => {
    const start = end;
    end = (end + bytes + MARGIN + 15) & ~15;
    return start;
  });
  const kernels = end > KEPT_BYTES ? newKernels() : kept;
  const missing = end - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / PAGE));
  return { kernels, at };
}

/** Pixel values times `scale`, as floats. `size` values from `from` in `pixels` go to `at` in `out`. */
export function scalePixels(
  pixels: Uint8Array,
  from: number,
  size: number,
  scale: number,
  out: Float32Array,
  at: number,
): void {
  const { kernels, at: places } = roomFor(size, size * 4);
  const [source, floats] = places as [number, number];
  new Uint8Array(kernels.memory.buffer).set(pixels.subarray(from, from + size), source);
  kernels.scale(source, floats, size, scale);
  out.set(new Float32Array(kernels.memory.buffer, floats, size), at);
}

/** What warp() does for the fill mode `nearest`, for images of two pixels or more each way. */
export function warpPixels(
  pixels: Uint8Array,
  from: number,
  height: number,
  width: number,
  { a, b, tr, c, d, tc }: Affine,
  scale: number,
  out: Float32Array,
  at: number,
): void {
  const size = height * width * 3;
  const { kernels, at: places } = roomFor(size, size * 4);
  const [source, floats] = places as [number, number];
  new Uint8Array(kernels.memory.buffer).set(pixels.subarray(from, from + size), source);
  kernels.warpNearest(source, floats, height, width, a, b, tr, c, d, tc, scale);
  out.set(new Float32Array(kernels.memory.buffer, floats, size), at);
}

/** Resamples RGB rows of `stride` bytes horizontally, then vertically, to [height, width]. */
export function resamplePixels(
  rows: Uint8Array,
  stride: number,
  horizontal: Taps,
  width: number,
  vertical: Taps,
  height: number,
): Uint8Array<ArrayBuffer> {
  const rowCount = rows.length / stride;
  const bandRows = Math.min(rowCount, Math.max(1, Math.floor(BAND_BYTES / stride)));
  const middleStride = width * 3;
  const outBytes = height * middleStride;
  const { kernels, at } = roomFor(
    bandRows * stride,
    rowCount * middleStride,
    outBytes,
    tapBytes(horizontal),
    tapBytes(vertical),
  );
  const [source, middle, out, across, down] = at as [number, number, number, number, number];
  const { buffer } = kernels.memory;
  const memory = new Uint8Array(buffer);
  const acrossTaps = putTaps(buffer, across, horizontal, 3);
  for (let row = 0; row < rowCount; row += bandRows) {
    const count = Math.min(bandRows, rowCount - row);
    memory.set(rows.subarray(row * stride, (row + count) * stride), source);
    kernels.resampleRows(source, middle + row * middleStride, count, stride, width, ...acrossTaps);
  }
  kernels.resampleColumns(
    middle,
    out,
    middleStride,
    height,
    ...putTaps(buffer, down, vertical, middleStride),
  );
  return new Uint8Array(buffer, out, outBytes).slice();
}

const tapBytes = ({ start, count, weights }: Taps) => 4 * (start.length + count.length + weights.length);

/** Copies taps in; positions become offsets in bytes. */
function putTaps(
  buffer: ArrayBuffer,
  at: number,
  { start, count, weights, stride }: Taps,
  bytesPerPosition: number,
): [starts: number, counts: number, weights: number, stride: number] {
  const numbers = new Int32Array(buffer, at, start.length + count.length + weights.length);
  start.forEach((position, i) => {
    numbers[i] = position * bytesPerPosition;
  });
  numbers.set(count, start.length);
  numbers.set(weights, start.length + count.length);
  return [at, at + 4 * start.length, at + 4 * (start.length + count.length), 4 * stride];
}

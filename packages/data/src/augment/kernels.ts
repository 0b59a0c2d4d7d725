// The compiled inner loops of this thread (kernels.wat), with the memory that they work in: an image is copied in,
// drawn, and copied out, which takes a tenth of the time that drawing it takes.

import { KERNELS_MODULE } from './kernels-module.ts';
import type { Affine } from './ops/affine.ts';

/** What is used here of a global that Node has and the language's own types lack. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scaleLevels(src: number, dst: number, count: number, scale: number): void;
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
}

const module = new WebAssembly.Module(Buffer.from(KERNELS_MODULE, 'base64'));
const { memory, scaleLevels, warpNearest } = new WebAssembly.Instance(module).exports as Exports;

const PAGE = 1 << 16;
/** The loops read and write whole vectors: up to so many bytes past an image, or past its floats. */
const MARGIN = 64;

let bytes = new Uint8Array(memory.buffer);

/** Copies an image in and returns where its floats are to go. */
function enter(pixels: Uint8Array, from: number, size: number): number {
  const floatsAt = (size + MARGIN + 15) & ~15;
  const needed = floatsAt + size * 4 + MARGIN;
  if (needed > bytes.length) {
    memory.grow(Math.ceil((needed - bytes.length) / PAGE));
    bytes = new Uint8Array(memory.buffer);
  }
  bytes.set(pixels.subarray(from, from + size));
  return floatsAt;
}

const leave = (floatsAt: number, size: number, out: Float32Array, at: number) =>
  out.set(new Float32Array(memory.buffer, floatsAt, size), at);

/** Levels times `scale`, as floats. `size` levels from `from` in `pixels` go to `at` in `out`. */
export function scalePixels(
  pixels: Uint8Array,
  from: number,
  size: number,
  scale: number,
  out: Float32Array,
  at: number,
): void {
  const floatsAt = enter(pixels, from, size);
  scaleLevels(0, floatsAt, size, scale);
  leave(floatsAt, size, out, at);
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
  const floatsAt = enter(pixels, from, size);
  warpNearest(0, floatsAt, height, width, a, b, tr, c, d, tc, scale);
  leave(floatsAt, size, out, at);
}

// What a check needs to know of one image: its true format and size, and a thumbnail to compare pictures by.

import { hash } from 'node:crypto';
import { resizeImage } from '@sightline/image';
import { decodeRgb } from '../decode/decode-image.ts';
import { type ImageFormat, sniffImage } from '../decode/sniff.ts';

/** Side of the thumbnail that pictures are compared by. */
const THUMB_SIDE = 16;
const THUMB = { size: [THUMB_SIDE, THUMB_SIDE], interpolation: 'area' } as const;
/** Enough of a large photograph to measure. */
const MEASURED = { size: [THUMB_SIDE * 4, THUMB_SIDE * 4], interpolation: 'bilinear' } as const;

export interface InspectedImage {
  readonly hash: string;
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** 16 x 16 RGB, the whole picture whatever its aspect. */
  readonly thumb: Uint8Array;
  /** 64 bits, alike for pictures that look alike: dHash, whether brightness rises from one cell to the next. */
  readonly fingerprint: bigint;
  /** Largest difference between values of one channel in the whole picture, of 255. */
  readonly contrast: number;
  /** Mean difference between the largest and the smallest channel of a pixel, of 255: 0 is gray. */
  readonly colorfulness: number;
}

/** Decodes and measures. Throws an Error whose message is the reason why the image cannot be used. */
export async function inspectImage(bytes: Uint8Array): Promise<InspectedImage> {
  const header = sniffImage(bytes);
  const image = await decodeRgb(bytes, MEASURED);
  const thumb = resizeImage(image, THUMB.size, THUMB).data;
  return {
    hash: hash('sha256', bytes),
    format: header!.format,
    width: header!.width ?? image.width,
    height: header!.height ?? image.height,
    thumb,
    colorfulness: colorfulnessOf(thumb),
    fingerprint: differenceHash(resizeImage(image, [8, 9], { interpolation: 'area' }).data),
    contrast: contrastOf(image.data),
  };
}

/** Neal Krawetz' dHash over 8 rows of 9 cells. */
function differenceHash(cells: Uint8Array): bigint {
  let bits = 0n;
  const luma = (cell: number) =>
    299 * cells[cell * 3]! + 587 * cells[cell * 3 + 1]! + 114 * cells[cell * 3 + 2]!;
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      const cell = row * 9 + column;
      bits = (bits << 1n) | (luma(cell) < luma(cell + 1) ? 1n : 0n);
    }
  }
  return bits;
}

function contrastOf(data: Uint8Array): number {
  let [lowR, lowG, lowB, highR, highG, highB] = [255, 255, 255, 0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (r < lowR) lowR = r;
    if (r > highR) highR = r;
    if (g < lowG) lowG = g;
    if (g > highG) highG = g;
    if (b < lowB) lowB = b;
    if (b > highB) highB = b;
  }
  return Math.max(highR - lowR, highG - lowG, highB - lowB);
}

function colorfulnessOf(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3)
    sum += Math.max(data[i]!, data[i + 1]!, data[i + 2]!) - Math.min(data[i]!, data[i + 1]!, data[i + 2]!);
  return sum / (data.length / 3);
}

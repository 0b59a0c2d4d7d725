/**
 * PNG: images to bytes, and the size of a PNG without decoding it.
 * Format: PNG (Third Edition), https://www.w3.org/TR/png-3/ . A chunk is length, type, data and a CRC-32 of the last
 * two. Every row of pixels is preceded by the number of its filter, and all rows are one zlib stream.
 */

import { zlibSync } from 'fflate';
import { checkImage, type Image } from './image.ts';

export interface PngOptions {
  /** `none` is fast to write and read; `best` is small. Default: best. */
  readonly compression?: 'none' | 'best';
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLOR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * Encodes an image as an 8-bit PNG, without loss. Equal images give equal bytes on every machine, as the compressor is
 * JavaScript. Throws SightlineError `shape` as checkImage does.
 */
export function encodePng(image: Image, { compression = 'best' }: PngOptions = {}): Uint8Array<ArrayBuffer> {
  const { width, height, channels } = checkImage(image);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = COLOR_TYPE[channels];
  const rows = compression === 'best' ? filterRows(image) : unfilteredRows(image);
  return concatenate([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(rows, { level: compression === 'best' ? 9 : 0 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** Width and height in pixels of a PNG that starts and ends as one should; null for a cut file or another format. */
export function pngSize(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 45 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isHeader = view.getUint32(12) === 0x49484452;
  const isWhole = view.getUint32(bytes.length - 8) === 0x49454e44;
  return isHeader && isWhole ? { width: view.getUint32(16), height: view.getUint32(20) } : null;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** Remainders of each byte by the polynomial of PNG's annex D. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The rows as they are, each behind the filter `none`. */
function unfilteredRows({ data, height, width, channels }: Image): Uint8Array {
  const rowBytes = width * channels;
  const out = new Uint8Array(height * (rowBytes + 1));
  for (let y = 0; y < height; y++) {
    out.set(data.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  return out;
}

/**
 * The rows, each behind the filter whose output has the smallest sum of absolute differences: the heuristic that the
 * specification recommends (12.7).
 */
function filterRows(image: Image): Uint8Array {
  const { data, height, channels } = image;
  const rowBytes = image.width * channels;
  const out = new Uint8Array(height * (rowBytes + 1));
  const trial = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    let least = Number.POSITIVE_INFINITY;
    const to = y * (rowBytes + 1);
    for (let filter = 0; filter < 5; filter++) {
      const sum = applyFilter(filter, data, y * rowBytes, rowBytes, channels, y > 0, trial);
      if (sum < least) {
        least = sum;
        out[to] = filter;
        out.set(trial, to + 1);
      }
    }
  }
  return out;
}

function applyFilter(
  filter: number,
  data: Image['data'],
  start: number,
  rowBytes: number,
  pixelBytes: number,
  hasRowAbove: boolean,
  out: Uint8Array,
): number {
  let sum = 0;
  for (let i = 0; i < rowBytes; i++) {
    const left = i >= pixelBytes ? data[start + i - pixelBytes]! : 0;
    const above = hasRowAbove ? data[start + i - rowBytes]! : 0;
    const aboveLeft = hasRowAbove && i >= pixelBytes ? data[start + i - rowBytes - pixelBytes]! : 0;
    const byte = (data[start + i]! - predictor(filter, left, above, aboveLeft)) & 0xff;
    out[i] = byte;
    sum += byte < 128 ? byte : 256 - byte;
  }
  return sum;
}

/** The five predictors of PNG's filters: none, left, above, their mean, and Paeth's. */
function predictor(filter: number, left: number, above: number, aboveLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const estimate = left + above - aboveLeft;
  const toLeft = Math.abs(estimate - left);
  const toAbove = Math.abs(estimate - above);
  const toAboveLeft = Math.abs(estimate - aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}

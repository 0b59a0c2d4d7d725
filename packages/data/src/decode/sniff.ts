// What an image file is, from its first bytes: its format by signature, and its size by header, so that a file that
// claims absurd dimensions is refused before anything is allocated for it.

import { avifSize, tiffSize, tiffTag, webpSize } from './tagged-size.ts';

export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'bmp' | 'webp' | 'tiff' | 'avif';

export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels, by the header; undefined where that is not whole. */
  readonly width?: number;
  readonly height?: number;
  /** Whether the fast decoder reads it exactly: three or one channels of 8 bits, upright, no transparency. */
  readonly plain: boolean;
}

/** Reads the header; undefined where the bytes are no known image. */
export function sniffImage(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (view.getUint16(0) === 0xffd8 && bytes[2] === 0xff) return jpegHeader(view);
  if (text(1, 3) === 'PNG' && bytes[0] === 0x89) return pngHeader(view);
  if (text(0, 3) === 'GIF') {
    return { format: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true), plain: false };
  }
  if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP')
    return { format: 'webp', ...webpSize(view), plain: false };
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*')
    return { format: 'tiff', ...tiffSize(view), plain: false };
  if (text(4, 4) === 'ftyp' && /avi[fs]/.test(text(8, Math.min(32, bytes.length - 8)))) {
    return { format: 'avif', ...avifSize(view), plain: false };
  }
  if (text(0, 2) === 'BM' && bytes.length >= 26) return bmpHeader(view);
  return undefined;
}

function pngHeader(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 33) return undefined;
  const [depth, color] = [view.getUint8(24), view.getUint8(25)];
  const plain = depth === 8 && (color === 2 || color === 0) && !hasPngChunk(view, ['tRNS', 'eXIf']);
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20), plain };
}

/** Whether a PNG has a chunk of one of these types; EXIF may stand after the pixels. */
function hasPngChunk(view: DataView, types: readonly string[]): boolean {
  for (let at = 8; at + 8 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    if (types.includes(type)) return true;
  }
  return false;
}

function bmpHeader(view: DataView): ImageHeader {
  const old = view.getUint32(14, true) === 12;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = old ? view.getUint16(20, true) : view.getInt32(22, true);
  return { format: 'bmp', width: Math.abs(width), height: Math.abs(height), plain: false };
}

/** Walks the segments up to the frame header, which has the size; EXIF before it may turn the picture. */
function jpegHeader(view: DataView): ImageHeader {
  let upright = true;
  for (let at = 2; at + 4 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) break;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (marker === 0xe1) upright &&= exifOrientation(view, at + 4, length - 2) === 1;
    if (isFrame(marker) && at + 10 <= view.byteLength) {
      const components = view.getUint8(at + 9);
      const size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      // The fast decoder fills what is missing with gray, so only a file with its end marker may go there.
      const whole = isWholeJpeg(Buffer.from(view.buffer, view.byteOffset, view.byteLength));
      return { format: 'jpeg', ...size, plain: upright && components !== 4 && whole };
    }
    at += 2 + length;
  }
  return { format: 'jpeg', plain: false };
}

/** SOF0 to SOF15, less the three numbers in between that mean something else. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** EXIF's tag 0x0112 in the first directory: 1 is upright, 2 to 8 are turned or mirrored. */
function exifOrientation(view: DataView, at: number, length: number): number {
  const end = Math.min(at + length, view.byteLength);
  if (at + 14 > end || view.getUint32(at) !== 0x45786966) return 1;
  return tiffTag(view, at + 6, end, 0x0112) ?? 1;
}

/** Whether a JPEG has its end marker, after the last scan that begins in it. */
export function isWholeJpeg(file: Buffer): boolean {
  const end = file.lastIndexOf(Buffer.of(0xff, 0xd9));
  const scan = file.lastIndexOf(Buffer.of(0xff, 0xda));
  return end > scan && scan > 0;
}

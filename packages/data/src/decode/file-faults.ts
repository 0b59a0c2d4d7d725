// What is wrong with a file that cannot be decoded, as far as its bytes show it: decoders know it in their own words
// only, and libvips' threads may lose them to each other.

import { type ImageFormat, isWholeJpeg } from './sniff.ts';
import { tiffEnd } from './tagged-size.ts';

const latin1 = (bytes: Uint8Array, at: number, length: number) =>
  Buffer.from(bytes.subarray(at, at + length)).toString('latin1');

const startsWith = (bytes: Uint8Array, text: string, at = 0) => latin1(bytes, at, text.length) === text;

/** Where no image is read: what people have in a picture's place, by how it begins. */
const KINDS: readonly (readonly [test: (bytes: Uint8Array) => boolean, words: string])[] = [
  [
    (bytes) => startsWith(bytes, 'ftyp', 4) && /^(hei[cmsx]|hev[cmx]|mif1|msf1)/.test(latin1(bytes, 8, 4)),
    'it is a HEIC file, which is not read: save it as JPEG',
  ],
  [
    (bytes) => startsWith(bytes, '\xff\x0a') || startsWith(bytes, 'JXL ', 4),
    'it is a JPEG XL file, which is not read: save it as JPEG',
  ],
  [(bytes) => startsWith(bytes, '%PDF'), 'it is a PDF file, not an image'],
  [
    (bytes) => /^\s*(<\?xml[^>]*>\s*)?<svg/i.test(latin1(bytes, 0, 400)),
    'it is an SVG drawing, which is not read: save it as PNG',
  ],
  [
    (bytes) => /^\s*<(!doctype html|html)/i.test(latin1(bytes, 0, 200)),
    'it is a web page, not an image: fetching it must have failed',
  ],
  [(bytes) => startsWith(bytes, '\x89PNG'), 'its PNG data is cut short'],
  [(bytes) => startsWith(bytes, '\xff\xd8'), 'its JPEG data is cut short'],
];

/** A reason for bytes whose header is that of no image. */
export function reasonForNoImage(bytes: Uint8Array): string {
  const known = KINDS.find(([test]) => test(bytes));
  if (known !== undefined) return known[1];
  const start = latin1(bytes, 0, 16).replace(/[^\x20-\x7e]/g, '?');
  return `it is not an image: it starts with ${JSON.stringify(start)}`;
}

/** Whether a file ends before its picture does, in the formats that show it. */
export function isCutShort(bytes: Uint8Array, format: ImageFormat): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === 'jpeg') return !isWholeJpeg(file);
  if (format === 'png') return file.lastIndexOf('IEND') < 0;
  if (format === 'webp') return file.length < 8 || file.readUInt32LE(4) + 8 > file.length;
  if (format === 'gif') return file.at(-1) !== 0x3b;
  if (format === 'bmp') return file.readUInt32LE(2) > file.length;
  if (format === 'avif') return boxesEnd(file) > file.length;
  return tiffEnd(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)) > bytes.length;
}

/** Where the last of a file's boxes says that it ends (ISO 14496-12, 4.2). */
function boxesEnd(file: Buffer): number {
  let at = 0;
  while (at + 8 <= file.length) {
    const size = file.readUInt32BE(at);
    if (size === 0) return file.length;
    if (size === 1 && at + 16 > file.length) return file.length + 1;
    at += Math.max(size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size, 8);
  }
  return at;
}

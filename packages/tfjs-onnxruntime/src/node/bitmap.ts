// BMP, which sharp does not read: uncompressed rows of 24 or 32 bits, or of 8 bits into a palette.

import { SightlineError } from '@sightline/core';
import type { Pixels } from './decode-worker.ts';

/** Offsets in the file, of BITMAPFILEHEADER and BITMAPINFOHEADER. */
const AT = { pixels: 10, header: 14, width: 18, height: 22, bits: 28, compression: 30, colors: 46 };
const FILE_HEADER = 14;
/** BI_RGB, and BI_BITFIELDS as writers use it for 32 bits in the usual order. */
const UNCOMPRESSED = [0, 3];

const broken = (what: string): SightlineError =>
  new SightlineError('unreadable-image', `Could not decode a BMP image: ${what}.`);

/** Decodes to rows from the top, RGB or (32 bits) RGBA. */
export function decodeBitmap(contents: Uint8Array): Pixels {
  if (contents.length < FILE_HEADER + 40) throw broken('it is too short');
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const signedHeight = view.getInt32(AT.height, true);
  const [width, height] = [view.getInt32(AT.width, true), Math.abs(signedHeight)];
  const bits = view.getUint16(AT.bits, true);
  const compression = view.getUint32(AT.compression, true);
  if (!UNCOMPRESSED.includes(compression))
    throw broken(`expected no compression, but got kind ${compression}`);
  if (![8, 24, 32].includes(bits)) throw broken(`expected 8, 24 or 32 bits per pixel, but got ${bits}`);
  const start = view.getUint32(AT.pixels, true);
  // Rows are padded to 4 bytes.
  const stride = 4 * Math.ceil((width * bits) / 32);
  if (width <= 0 || start + stride * height > contents.length) throw broken('its pixels are not all there');

  const palette = FILE_HEADER + view.getUint32(AT.header, true);
  const channels = bits === 32 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = start + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const from = bits === 8 ? palette + 4 * contents[row + x]! : row + x * channels;
      const to = (y * width + x) * channels;
      // Blue comes first in the file.
      for (let c = 0; c < 3; c++) data[to + c] = contents[from + 2 - c]!;
      if (channels === 4) data[to + 3] = contents[from + 3]!;
    }
  }
  return { data, frames: 1, height, width, channels };
}

// Images as tensors and back, by the signatures of tfjs-node. Decoding is synchronous there, so it is here: a thread
// decodes by sharp, and the caller waits.

import { SightlineError } from '@sightline/core';
import { type Tensor3D, type Tensor4D, tensor3d, tensor4d } from '@tensorflow/tfjs-core';
import { decodeBitmap } from './bitmap.ts';
import { decodeSync } from './decode-sync.ts';
import type { Pixels } from './decode-worker.ts';

/** What a file begins with, by its format. */
const SIGNATURES = {
  jpeg: [0xff, 0xd8, 0xff],
  png: [0x89, 0x50, 0x4e, 0x47],
  gif: [0x47, 0x49, 0x46],
  bmp: [0x42, 0x4d],
} as const;

type Format = keyof typeof SIGNATURES;

const NAMES = Object.keys(SIGNATURES).map((name) => name.toUpperCase());

function formatOf(contents: Uint8Array): Format {
  const found = Object.entries(SIGNATURES).find(([, bytes]) =>
    bytes.every((byte, i) => contents[i] === byte),
  );
  if (found) return found[0] as Format;
  throw new SightlineError('unreadable-image', `Could not decode an image: expected ${NAMES.join(', ')}.`);
}

function expectFormat(contents: Uint8Array, expected: Format): void {
  const format = formatOf(contents);
  if (format === expected) return;
  throw new SightlineError(
    'unreadable-image',
    `Could not decode an image: expected ${expected.toUpperCase()}, but it is ${format.toUpperCase()}.`,
  );
}

/** A channel of luma: the weights of ITU-R BT.601, as in JPEG. */
function toGray({ data, channels, ...size }: Pixels): Pixels {
  if (channels <= 2) return { ...size, channels: 1, data: data.filter((_, i) => i % channels === 0) };
  const gray = new Uint8Array(data.length / channels);
  for (let i = 0; i < gray.length; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => data[i * channels + c]!) as [number, number, number];
    gray[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return { ...size, channels: 1, data: gray };
}

/** In another number of channels; opaque where alpha comes new. */
function withChannels(pixels: Pixels, wanted: number): Pixels {
  const { data, channels } = pixels;
  if (wanted === 0 || wanted === channels) return pixels;
  if (wanted === 1) return toGray(pixels);
  const count = data.length / channels;
  const result = new Uint8Array(count * wanted).fill(255);
  const [colors, hasAlpha] = [channels <= 2 ? 1 : 3, channels % 2 === 0];
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) result[i * wanted + c] = data[i * channels + (colors === 1 ? 0 : c)]!;
    if (wanted === 4 && hasAlpha) result[i * wanted + 3] = data[i * channels + channels - 1]!;
  }
  return { ...pixels, channels: wanted, data: result };
}

const CHANNELS = { jpeg: [0, 1, 3], png: [0, 1, 3, 4], bmp: [0, 3, 4], gif: [0, 3] } as const;

function decode(contents: Uint8Array, format: Format, channels: number, animated = false): Pixels {
  if (!(CHANNELS[format] as readonly number[]).includes(channels)) {
    throw new SightlineError(
      'option',
      `${format.toUpperCase()} is decoded to ${CHANNELS[format].join(', ')} channels (0: as in the file), but got ${channels}.`,
    );
  }
  const pixels = format === 'bmp' ? decodeBitmap(contents) : decodeSync(contents, animated);
  return withChannels(pixels, format === 'gif' ? 3 : channels);
}

const image = ({ data, height, width, channels }: Pixels): Tensor3D =>
  tensor3d(Int32Array.from(data), [height, width, channels], 'int32');

const decoder =
  (format: 'jpeg' | 'png' | 'bmp') =>
  (contents: Uint8Array, channels = 0): Tensor3D => {
    expectFormat(contents, format);
    return image(decode(contents, format, channels));
  };

/**
 * Decode a JPEG file to int32 (height, width, channels), 0 to 255.
 *
 * @param channels 0 (as in the file), 1 or 3
 * @throws SightlineError `unreadable-image` or `option`
 */
export const decodeJpeg = decoder('jpeg');

/** Decode a PNG file, as `decodeJpeg`; `channels` is 0, 1, 3 or 4. */
export const decodePng = decoder('png');

/** Decode an uncompressed BMP file, as `decodeJpeg`; `channels` is 0, 3 or 4. */
export const decodeBmp = decoder('bmp');

/** Decode a GIF file to int32 (frames, height, width, 3), 0 to 255. */
export function decodeGif(contents: Uint8Array): Tensor4D {
  expectFormat(contents, 'gif');
  const { data, frames, height, width } = decode(contents, 'gif', 0, true);
  return tensor4d(Int32Array.from(data), [frames, height, width, 3], 'int32');
}

/**
 * Decode a JPEG, PNG, BMP or GIF file, told apart by its first bytes, to int32, 0 to 255.
 *
 * @param channels as the format's own function takes them
 * @param expandAnimations whether a GIF gives all its frames (frames, height, width, 3); its first (height, width, 3)
 *   otherwise
 * @throws SightlineError `unreadable-image` or `option`
 */
export function decodeImage(
  contents: Uint8Array,
  channels = 0,
  dtype = 'int32',
  expandAnimations = true,
): Tensor3D | Tensor4D {
  if (dtype !== 'int32') {
    throw new SightlineError('option', `Images are decoded to int32, but got the dtype ${dtype}.`);
  }
  const format = formatOf(contents);
  if (format === 'gif' && expandAnimations) return decodeGif(contents);
  return image(decode(contents, format, channels));
}

async function rawImage(pixels: Tensor3D) {
  const [height, width, channels] = pixels.shape;
  const sharp = await loadSharp();
  const data = Uint8Array.from(await pixels.data());
  return sharp(data, { raw: { height, width, channels: channels as 1 | 2 | 3 | 4 } });
}

async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new SightlineError('unsupported', 'Images need the package sharp, which does not load here.', {
      cause,
      hint: 'Install it: npm install sharp',
    });
  }
}

/**
 * Encode (height, width, 1 or 3) with values from 0 to 255 as JPEG.
 *
 * @param format '' (as the image has channels), 'grayscale' or 'rgb'; must fit the image
 * @param quality 0 to 100
 */
export async function encodeJpeg(
  pixels: Tensor3D,
  format: '' | 'grayscale' | 'rgb' = '',
  quality = 95,
  progressive = false,
): Promise<Uint8Array> {
  const channels = pixels.shape[2];
  const expected = format === '' ? [1, 3] : [format === 'grayscale' ? 1 : 3];
  if (!expected.includes(channels)) {
    throw new SightlineError('shape', `A JPEG needs ${expected.join(' or ')} channels, but got ${channels}.`);
  }
  const gray = channels === 1 ? 'b-w' : 'srgb';
  return (await rawImage(pixels)).toColorspace(gray).jpeg({ quality, progressive }).toBuffer();
}

/**
 * Encode (height, width, 1 to 4) with values from 0 to 255 as PNG.
 *
 * @param compression zlib's level, 0 to 9; -1 is its default
 */
export async function encodePng(pixels: Tensor3D, compression = 1): Promise<Uint8Array> {
  const space = pixels.shape[2] <= 2 ? 'b-w' : 'srgb';
  const compressionLevel = compression < 0 ? 6 : compression;
  return (await rawImage(pixels)).toColorspace(space).png({ compressionLevel }).toBuffer();
}

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
  if (!(contents instanceof Uint8Array)) {
    const got = contents === null || typeof contents !== 'object' ? typeof contents : 'another object';
    throw new SightlineError('option', `An image to decode must be a Uint8Array, but got ${got}.`, {
      hint: "Read the file: tf.node.decodeImage(await fs.promises.readFile('photo.jpg')).",
    });
  }
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

function decodeOne(contents: Uint8Array, format: Exclude<Format, 'gif'>, channels: number): Tensor3D {
  expectFormat(contents, format);
  return image(decode(contents, format, channels));
}

function expectInt32(dtype: string): void {
  if (dtype === 'int32') return;
  throw new SightlineError('option', `Images are decoded to int32, but got the dtype ${dtype}.`);
}

/**
 * Decode a JPEG file to int32 (height, width, channels), 0 to 255.
 *
 * @param channels 0 (as in the file), 1 or 3
 * @param ratio only 1: an image is decoded in its own size
 * @param _fancyUpscaling always smooth; this and `_dctMethod` are taken as hints
 * @param tryRecoverTruncated only false: of a truncated file nothing is decoded
 * @param _acceptableFraction of such a file
 * @throws SightlineError `unreadable-image` or `option`
 */
export function decodeJpeg(
  contents: Uint8Array,
  channels = 0,
  ratio = 1,
  _fancyUpscaling = true,
  tryRecoverTruncated = false,
  _acceptableFraction = 1,
  _dctMethod = '',
): Tensor3D {
  if (ratio !== 1) {
    throw new SightlineError('option', `decodeJpeg takes the ratio 1 only, but got ${ratio}.`, {
      hint: 'Decode the whole image, and make it smaller by tf.image.resizeBilinear.',
    });
  }
  if (tryRecoverTruncated) {
    throw new SightlineError('option', 'decodeJpeg does not decode truncated files (tryRecoverTruncated).');
  }
  return decodeOne(contents, 'jpeg', channels);
}

/** Decode a PNG file, as `decodeJpeg`; `channels` is 0, 1, 3 or 4. */
export function decodePng(contents: Uint8Array, channels = 0, dtype = 'int32'): Tensor3D {
  expectInt32(dtype);
  return decodeOne(contents, 'png', channels);
}

/** Decode an uncompressed BMP file, as `decodeJpeg`; `channels` is 0, 3 or 4. */
export const decodeBmp = (contents: Uint8Array, channels = 0): Tensor3D =>
  decodeOne(contents, 'bmp', channels);

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
  expectInt32(dtype);
  const format = formatOf(contents);
  if (format === 'gif' && expandAnimations) return decodeGif(contents);
  return image(decode(contents, format, channels));
}

/** An image of sharp's; throws where it has not as many channels as `allowed`. */
async function rawImage(pixels: Tensor3D, name: string, allowed: readonly number[]) {
  const shape: readonly number[] = pixels?.shape ?? [];
  const [height, width, channels] = shape as [number, number, 1 | 2 | 3 | 4];
  if (shape.length !== 3 || !allowed.includes(channels) || height * width === 0) {
    const expected = `(height, width, ${allowed.join(' or ')})`;
    const got = Array.isArray(pixels?.shape) ? `[${shape}]` : 'no tensor';
    throw new SightlineError('shape', `A ${name} needs a tensor ${expected}, but got ${got}.`);
  }
  const sharp = await loadSharp();
  const data = Uint8Array.from(await pixels.data());
  return sharp(data, { raw: { height, width, channels } });
}

function expectInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SightlineError(
    'option',
    `${name} must be an integer from ${least} to ${most}, but got ${value}.`,
  );
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

/** Units of JFIF's densities. */
const DENSITY_UNITS = { in: 1, cm: 2 } as const;

/** A JPEG file of sharp's with a JFIF header, version 1.1, which sharp leaves out. */
function withDensity(jpeg: Buffer, unit: number, x: number, y: number): Buffer {
  const header = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, unit, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(x, 12);
  header.writeUInt16BE(y, 14);
  return Buffer.concat([jpeg.subarray(0, 2), header, jpeg.subarray(2)]);
}

/**
 * Encode (height, width, 1 or 3) with values from 0 to 255 as JPEG. Other values are taken modulo 256.
 *
 * @param format '' (as the image has channels), 'grayscale' or 'rgb'; must fit the image
 * @param quality 0 to 100
 * @param optimizeSize smaller, by Huffman tables made for the image
 * @param chromaDownsampling colors in half the resolution
 * @param densityUnit of the pixels per inch or centimeter that the file's header tells
 * @param xmpMetadata XML that the file carries
 * @throws SightlineError `shape`, `option`, or `unsupported` without sharp
 */
export async function encodeJpeg(
  pixels: Tensor3D,
  format: '' | 'grayscale' | 'rgb' = '',
  quality = 95,
  progressive = false,
  optimizeSize = false,
  chromaDownsampling = true,
  densityUnit: 'in' | 'cm' = 'in',
  xDensity = 300,
  yDensity = 300,
  xmpMetadata = '',
): Promise<Uint8Array> {
  const channels = { '': [1, 3], grayscale: [1], rgb: [3] }[format];
  if (!channels) {
    throw new SightlineError('option', `The format must be '', 'grayscale' or 'rgb', but got ${format}.`);
  }
  const unit = DENSITY_UNITS[densityUnit];
  if (!unit) throw new SightlineError('option', `densityUnit must be in or cm, but got ${densityUnit}.`);
  expectInteger('quality', quality, 0, 100);
  for (const density of [xDensity, yDensity]) expectInteger('A density', density, 1, 0xffff);
  const raw = await rawImage(pixels, 'JPEG', channels);
  const image = raw.toColorspace(pixels.shape[2] === 1 ? 'b-w' : 'srgb').jpeg({
    // The lowest that sharp takes is 1; libjpeg makes 1 of TensorFlow's 0 as well.
    quality: Math.max(1, quality),
    progressive,
    optimizeCoding: optimizeSize || progressive,
    chromaSubsampling: chromaDownsampling ? '4:2:0' : '4:4:4',
  });
  const jpeg = await (xmpMetadata ? image.withXmp(xmpMetadata) : image).toBuffer();
  return withDensity(jpeg, unit, xDensity, yDensity);
}

/**
 * Encode (height, width, 1 to 4) with values from 0 to 255 as PNG. Other values are taken modulo 256.
 *
 * @param compression zlib's level, 0 to 9; -1 is its default
 * @throws SightlineError as `encodeJpeg`
 */
export async function encodePng(pixels: Tensor3D, compression = 1): Promise<Uint8Array> {
  expectInteger('compression', compression, -1, 9);
  const image = await rawImage(pixels, 'PNG', [1, 2, 3, 4]);
  const compressionLevel = compression < 0 ? 6 : compression;
  const space = pixels.shape[2] <= 2 ? 'b-w' : 'srgb';
  return image.toColorspace(space).png({ compressionLevel }).toBuffer();
}

// Bytes of a file to RGB pixels. Two decoders: @napi-rs/image for small plain JPEG and PNG (ten times as fast there)
// and for BMP; sharp for all else, with shrink-on-load for large photographs. sharp decodes on threads of its own, and
// stays on the main thread, as its native library may not be unloaded with a worker.

import { Transformer } from '@napi-rs/image';
import { reasonOf } from '@sightline/core';
import { type CropOptions, type ResizeSettings, type RgbImage, resizeImage, toRgb } from '@sightline/image';
import { oneAtATime } from '../workers/one-at-a-time.ts';
import { isCutShort, reasonForNoImage } from './file-faults.ts';
import { loadSharp } from './sharp.ts';
import { type ImageFormat, type ImageHeader, sniffImage } from './sniff.ts';

/** Largest picture that is decoded at all: 16,383 pixels square, the same as sharp's own limit. */
const MAX_PIXELS = 0x3fff * 0x3fff;
/** What a byte can stand for at most, where the format sets a limit: deflate's 1032 bytes of 1-bit pixels, and so on. */
const PIXELS_PER_BYTE: Partial<Record<ImageFormat, number>> = { png: 1032 * 8, gif: 4096, bmp: 128 };
/** Up to here the fast decoder takes an image: beyond, sharp's shrink-on-load wins. */
const FAST_PIXELS = 1 << 20;
/** Up to here a picture is resized from all of its pixels, so that the result is Pillow's. */
const EXACT_PIXELS = 1 << 24;
/** Above this even a JPEG, which shrinks while it is decoded, takes much memory. */
const HEAVY_JPEG_PIXELS = 1 << 26;
/** A larger picture is first brought to so many times the size asked for. */
const OVERSAMPLING = 4;

/**
 * Decodes one image and brings it to size. Greyscale becomes three equal channels, transparency is dropped (as
 * Pillow's convert('RGB') does), 16 bits become 8, and a photograph is turned upright by its EXIF orientation.
 * Throws a plain Error whose message is the reason, without a file's name: the caller knows the name.
 */
export async function decodeImage(
  bytes: Uint8Array,
  resize: ResizeSettings & CropOptions,
): Promise<RgbImage> {
  return resizeImage(await decodeRgb(bytes, resize.size), resize.size, resize);
}

/**
 * What decodeImage does, at once and on this thread, where the fast decoder can do it; undefined where it cannot.
 * Throws as decodeImage does.
 */
export function decodeImageAtOnce(bytes: Uint8Array, resize: ResizeSettings): RgbImage | undefined {
  const header = headerOf(bytes);
  if (!isForFastDecoder(header) || isHeavy(header)) return undefined;
  try {
    const image = threeChannels(new Transformer(bytes).rawPixelsSync(), header);
    return resizeImage(image, resize.size, resize);
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/** Decodes one image at its own size, or, where it is very large, at a few times `target`. */
export async function decodeRgb(bytes: Uint8Array, target?: readonly [number, number]): Promise<RgbImage> {
  const header = headerOf(bytes);
  const decode = async () => {
    if (!isForFastDecoder(header)) return sharpDecode(bytes, target);
    return threeChannels(await new Transformer(bytes).rawPixels(), header);
  };
  try {
    return await (isHeavy(header) ? alone(decode) : decode());
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/** Whether a file whose first bytes these are is so large that the fast decoder will not take it. */
export function isLargeByHeader(start: Uint8Array): boolean {
  const { width = 0, height = 0 } = sniffImage(start) ?? {};
  return width * height > FAST_PIXELS;
}

/** Reads the header, and throws where it shows that there is nothing to decode or far too much. */
function headerOf(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new Error('the file is empty');
  const header = sniffImage(bytes);
  if (header === undefined) throw new Error(reasonForNoImage(bytes));
  const { format, width, height } = header;
  // libtiff fills what is missing, in some kinds of files, and says nothing.
  if (format === 'tiff' && isCutShort(bytes, format)) throw new Error('its TIFF data is cut short');
  if (width === 0 || height === 0)
    throw new Error(`its ${format.toUpperCase()} header says ${width} x ${height} pixels`);
  if (width !== undefined && height !== undefined) {
    if (width * height > MAX_PIXELS) {
      throw new Error(`its header claims ${width} x ${height} pixels, more than ${MAX_PIXELS} in all`);
    }
    if (width * height > bytes.length * (PIXELS_PER_BYTE[format] ?? Number.POSITIVE_INFINITY)) {
      throw new Error(
        `its header claims ${width} x ${height} pixels, more than ${bytes.length} bytes can hold`,
      );
    }
  }
  return header;
}

const alone = oneAtATime();

/** Whether a picture takes so much memory while it is decoded, up to a gigabyte, that only one is at a time. */
function isHeavy({ format, width = 0, height = 0 }: ImageHeader): boolean {
  return width * height > (format === 'jpeg' ? HEAVY_JPEG_PIXELS : EXACT_PIXELS);
}

function isForFastDecoder({ format, plain, width, height }: ImageHeader): boolean {
  if (format === 'bmp') return true;
  return plain && width !== undefined && height !== undefined && width * height <= FAST_PIXELS;
}

function undecodable({ format }: ImageHeader, bytes: Uint8Array, error: unknown): Error {
  const data = `its ${format.toUpperCase()} data`;
  const words = isCutShort(bytes, format) ? 'is cut short' : `cannot be decoded: ${decoderReason(error)}`;
  return new Error(`${data} ${words}`, { cause: error });
}

/** The fast decoder's pixels as RGB: it gives as many channels as the file has. */
function threeChannels(pixels: Uint8Array, { format, width, height }: ImageHeader): RgbImage {
  const channels = pixels.length / (width! * height!);
  if (channels === 1 || channels === 3 || channels === 4)
    return toRgb({ data: pixels, width: width!, height: height!, channels });
  throw new Error(`${pixels.length} bytes came for a ${format.toUpperCase()} of ${width} x ${height} pixels`);
}

async function sharpDecode(
  bytes: Uint8Array,
  target: readonly [number, number] | undefined,
): Promise<RgbImage> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { failOn: 'truncated', limitInputPixels: MAX_PIXELS, autoOrient: true });
  const { autoOrient } = await image.metadata();
  let pipeline = image.removeAlpha().toColourspace('srgb');
  if (target !== undefined && autoOrient.width * autoOrient.height > EXACT_PIXELS) {
    // Both sides by one factor, so that the fit still sees the picture's aspect.
    const factor = Math.max(
      (target[0] * OVERSAMPLING) / autoOrient.height,
      (target[1] * OVERSAMPLING) / autoOrient.width,
    );
    if (factor < 1)
      pipeline = pipeline.resize(Math.max(1, Math.round(autoOrient.width * factor)), null, {
        kernel: 'linear',
      });
  }
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 1 || channels === 3) return toRgb({ data, width, height, channels });
  throw new Error(`it has ${info.channels} colour channels`);
}

/** The decoder's own words, less the wrapping that only a programmer would want. */
function decoderReason(error: unknown): string {
  const reason = reasonOf(error)
    .replace(/^Decode image failed /, '')
    .replace(/^Input (buffer|file) /, 'it ')
    .replace(/^it has corrupt header: (?=\w)/, '')
    .replace(/^Vips\w+: /, '')
    .replace(/^Unknown error$/, '');
  return reason.replace(/:$/, '') || 'it is damaged';
}

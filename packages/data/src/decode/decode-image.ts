// Bytes of a file to RGB pixels: which decoder takes a file, what is refused before anything is allocated for it, and
// when a large photograph is decoded at a part of its size.

import { isSightlineError, reasonOf } from '@sightline/core';
import { type CropOptions, type ResizeOptions, type RgbImage, resizeImage } from '@sightline/image';
import { oneAtATime } from '../workers/one-at-a-time.ts';
import { fastDecode, fastDecodeAside } from './fast-decoder.ts';
import { isCutShort, reasonForNoImage } from './file-faults.ts';
import { type ChooseSize, sharpDecode } from './sharp-decoder.ts';
import { type ImageFormat, type ImageHeader, sniffImage } from './sniff.ts';

/** Largest picture that is decoded at all: 16,383 pixels square, the same as sharp's own limit. */
const MAX_PIXELS = 0x3fff * 0x3fff;
/** What a byte can stand for at most, where the format sets a limit: deflate's 1032 bytes of 1-bit pixels, and so on. */
const PIXELS_PER_BYTE: Partial<Record<ImageFormat, number>> = { png: 1032 * 8, gif: 4096, bmp: 128 };
/** Up to here the fast decoder takes an image: beyond, sharp wins, which decodes a JPEG at a part of its size. */
const FAST_PIXELS = 1 << 20;
/**
 * A JPEG that is smoothly resized to more pixels than these is sharp's too, whose pixels are libjpeg's, and so those of
 * browsers and of Pillow. The fast decoder's differ by up to 6 of 255, and by 0.3 in the mean if the chroma is halved: the
 * probabilities of EfficientNet-Lite0 at 224x224 then differ by up to 0.008. A network of that size takes ten times as
 * long as either decoder.
 */
const FAST_JPEG_TARGET = 128 * 128;
/** Up to here a picture that is not a JPEG is resized from all of its pixels: 48 MB. */
const EXACT_PIXELS = 1 << 24;
/** Above this even a JPEG, which shrinks while it is decoded, takes much memory; up to here `whole` decodes a picture whole: 192 MB. */
const HEAVY_PIXELS = 1 << 26;
/**
 * A picture that is not decoded at its own size has so many times the size asked for, each way. Then a bilinear resize
 * differs from that of all pixels by 0.4 of 255 in the mean, as much as from that of the same picture saved again as a
 * JPEG of quality 90.
 */
const OVERSAMPLING = 4;
/**
 * A JPEG that is larger than that by less than this factor is decoded at its own size, as browsers decode it. libjpeg
 * shrinks to halves only, so that resizing twice takes longer here (bilinear to 224x224, from 1280x960: 14.0 and 9.6 ms,
 * from 1600x1200: 15.4 and 13.5 ms).
 */
const LEAST_SHRINK = 1.5;

export interface DecodeOptions extends ResizeOptions, CropOptions {
  /**
   * Decode up to 64 megapixels at the image's own size, as browsers do, before it is resized. Default: false, a large JPEG
   * at a part of its size, in a third of the time: what training needs, which reads thousands of them.
   */
  readonly whole?: boolean;
}

/**
 * Decodes one image and resizes it. Gray becomes three equal channels, opacity is dropped (as Pillow's convert('RGB')
 * does), 16 bits become 8, color profiles are ignored, and a photograph is turned upright by its EXIF orientation.
 * Throws a plain Error whose message is the reason, without a file's name: the caller knows the name.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  return resizeImage(await decodeRgb(bytes, options), options.size, options);
}

/**
 * What decodeImage does, at once and on this thread, where the fast decoder can do it; undefined where it cannot.
 * Throws as decodeImage does.
 */
export function decodeImageAtOnce(bytes: Uint8Array, options: DecodeOptions): RgbImage | undefined {
  const header = headerOf(bytes);
  if (!isForFastDecoder(header, options) || isHeavy(header, options)) return undefined;
  try {
    return resizeImage(fastDecode(bytes, header), options.size, options);
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/**
 * Decodes one image at its own size, or, where it is far larger than what it will be resized to, at a part of it. With
 * `nearest` it is always decoded at its own size: the pixels that it picks are Keras' then.
 */
export async function decodeRgb(bytes: Uint8Array, resize?: DecodeOptions): Promise<RgbImage> {
  const header = headerOf(bytes);
  const decode = () =>
    isForFastDecoder(header, resize)
      ? fastDecodeAside(bytes, header)
      : sharpDecode(bytes, MAX_PIXELS, partFor(resize), header);
  try {
    return await (isHeavy(header, resize) ? alone(decode) : decode());
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/** Whether a file whose first bytes these are is so large that the fast decoder will not take it. */
export function isLargeByHeader(start: Uint8Array): boolean {
  const { width = 0, height = 0 } = sniffImage(start) ?? {};
  return width * height > FAST_PIXELS;
}

/**
 * The size at which to decode an image that will be resized: a JPEG takes less work at a part of its size, and very large
 * pictures of other formats less memory. `area` counts every pixel once, so there only memory is a reason.
 */
function partFor(resize: DecodeOptions | undefined): ChooseSize {
  return (width, height, format) => {
    const { size, interpolation = 'nearest', cropFraction = 1, whole = false } = resize ?? {};
    if (size === undefined || interpolation === 'nearest') return undefined;
    // How many times larger the picture is than it needs to be; a crop needs its shorter side.
    const surplus = (Math.min(height / size[0], width / size[1]) * cropFraction) / OVERSAMPLING;
    const saves = format === 'jpeg' && interpolation !== 'area' && surplus >= LEAST_SHRINK && !whole;
    const exact = whole ? HEAVY_PIXELS : EXACT_PIXELS;
    if (surplus <= 1 || (width * height <= exact && !saves)) return undefined;
    // Both sides by one factor, so that the fit still sees the picture's aspect ratio.
    return [Math.round(width / surplus), Math.round(height / surplus)];
  };
}

/** Reads the header, and throws where it shows that there is nothing to decode or far too much. */
function headerOf(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new Error('the file is empty');
  const header = sniffImage(bytes);
  if (header === undefined) throw new Error(reasonForNoImage(bytes));
  const { format, width, height } = header;
  // libtiff fills what is missing, in some kinds of files, and reports nothing.
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
function isHeavy(
  { format, width = 0, height = 0 }: ImageHeader,
  { whole = false }: Partial<DecodeOptions> = {},
): boolean {
  return width * height > (format === 'jpeg' && !whole ? HEAVY_PIXELS : EXACT_PIXELS);
}

function isForFastDecoder(
  { format, plain, width, height }: ImageHeader,
  { size = [0, 0], interpolation = 'nearest' }: Partial<DecodeOptions> = {},
): boolean {
  if (format === 'bmp') return true;
  const isSmooth = interpolation !== 'nearest' && interpolation !== 'area';
  if (format === 'jpeg' && isSmooth && size[0] * size[1] > FAST_JPEG_TARGET) return false;
  return plain && width !== undefined && height !== undefined && width * height <= FAST_PIXELS;
}

function undecodable({ format }: ImageHeader, bytes: Uint8Array, error: unknown): Error {
  if (isSightlineError(error, 'engine-missing')) return error;
  const data = `its ${format.toUpperCase()} data`;
  const words = isCutShort(bytes, format) ? 'is cut short' : `cannot be decoded: ${decoderReason(error)}`;
  return new Error(`${data} ${words}`, { cause: error });
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

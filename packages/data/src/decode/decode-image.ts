// Bytes of a file to RGB pixels: which decoder takes a file, what is refused before anything is allocated for it, and
// why a large photograph is decoded at its own size.

import { isSightlineError, reasonOf } from '@sightline/core';
import { type CropOptions, type ResizeOptions, type RgbImage, resizeImage } from '@sightline/image';
import { limitedTo } from '../workers/limited.ts';
import { fastDecode, fastDecodeAside } from './fast-decoder.ts';
import { isCutShort, reasonForNoImage } from './file-faults.ts';
import { type ChooseSize, sharpDecode } from './sharp-decoder.ts';
import { type ImageFormat, type ImageHeader, sniffImage } from './sniff.ts';

/** Largest picture that is decoded at all: 16,383 pixels square, the same as sharp's own limit. */
const MAX_PIXELS = 0x3fff * 0x3fff;
/** What a byte can stand for at most, where the format sets a limit: deflate's 1032 bytes of 1-bit pixels, and so on. */
const PIXELS_PER_BYTE: Partial<Record<ImageFormat, number>> = { png: 1032 * 8, gif: 4096, bmp: 128 };
/** Up to here the fast decoder takes an image: beyond, sharp is as fast, and has threads of its own. */
const FAST_PIXELS = 1 << 20;
/**
 * A JPEG that is smoothly resized to more pixels than these is sharp's too, whose pixels are libjpeg's, and so those of
 * browsers and of Pillow. The fast decoder's differ by up to 6 of 255, and by 0.3 in the mean if the chroma is halved: the
 * probabilities of EfficientNet-Lite0 at 224x224 then differ by up to 0.008. A network of that size takes ten times as
 * long as either decoder.
 */
const FAST_JPEG_TARGET = 128 * 128;
/**
 * Up to here, 192 MB, a picture is decoded at its own size, as browsers and Pillow decode it, whatever it is for: a photo
 * then has one answer in training, `evaluate`, `predict` and a page. libjpeg can decode at 1/2, 1/4 or 1/8 of the size,
 * but not to the same pixels. For photographs of 12 megapixels, bilinear to 224x224, two classifiers on
 * EfficientNet-Lite0: 1/2 moves pixels by 0.15 of 255 in the mean and probabilities by up to 0.04 (0.003 in the median),
 * and saves nothing; 1/4 by 0.4 and 0.03, and takes 0.7 times the processor time; 1/8 by 1.0 and 0.13, and 0.6 times.
 */
const WHOLE_PIXELS = 1 << 26;
/** A larger one is decoded at so many times the size that it is resized to, each way. */
const OVERSAMPLING = 4;
/** Pixels that are decoded at once, unless one picture has more. */
const limited = limitedTo(WHOLE_PIXELS);

export type DecodeOptions = ResizeOptions & CropOptions;

/**
 * Decodes one image and resizes it. Gray becomes three equal channels, transparent pixels get the background of `toRgb`,
 * 16 bits become 8, color profiles are ignored, and a photograph is turned upright by its EXIF orientation.
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
  const { width = 0, height = 0 } = header;
  if (!isForFastDecoder(header, options) || width * height > FAST_PIXELS) return undefined;
  try {
    return resizeImage(fastDecode(bytes, header), options.size, options);
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/**
 * Decodes one image at its own size, or, where it has more than 64 megapixels and will be resized to far fewer, at a part
 * of it. With `nearest` it is always decoded at its own size: the pixels that it picks are Keras' then.
 */
export async function decodeRgb(bytes: Uint8Array, resize?: DecodeOptions): Promise<RgbImage> {
  const header = headerOf(bytes);
  const decode = () =>
    isForFastDecoder(header, resize)
      ? fastDecodeAside(bytes, header)
      : sharpDecode(bytes, MAX_PIXELS, partFor(resize), header);
  try {
    // What does not say its size is no photograph: an AVIF, at most.
    return await limited((header.width ?? 0) * (header.height ?? 0), decode);
  } catch (error) {
    throw undecodable(header, bytes, error);
  }
}

/** Whether a file whose first bytes these are is so large that the fast decoder will not take it. */
export function isLargeByHeader(start: Uint8Array): boolean {
  const { width = 0, height = 0 } = sniffImage(start) ?? {};
  return width * height > FAST_PIXELS;
}

/** The size at which to decode an image that will be resized, where its own takes too much memory. */
function partFor(resize: DecodeOptions | undefined): ChooseSize {
  return (width, height) => {
    const { size, interpolation = 'nearest', cropFraction = 1 } = resize ?? {};
    if (size === undefined || interpolation === 'nearest' || width * height <= WHOLE_PIXELS) return undefined;
    // How many times larger the picture is than it needs to be; a crop needs its shorter side.
    const surplus = (Math.min(height / size[0], width / size[1]) * cropFraction) / OVERSAMPLING;
    if (surplus <= 1) return undefined;
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

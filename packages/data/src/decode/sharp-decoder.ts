// The decoder for all kinds of files: sharp (libvips), told to do nothing by itself but turning a photograph upright.
// It decodes on threads of its own, and stays on the main thread, as its native library may not be unloaded with a worker.

import { type RgbImage, toRgb } from '@sightline/image';
import type { Sharp } from 'sharp';
import { loadSharp } from './sharp.ts';
import type { ImageHeader } from './sniff.ts';
import { tiffTag } from './tagged-size.ts';

/** The size to decode an image of this size at; undefined for its own. */
export type ChooseSize = (width: number, height: number) => readonly [number, number] | undefined;

/**
 * Decodes a file to RGB: turned upright by its EXIF orientation, color profiles ignored, transparent pixels laid on the
 * background of `toRgb`, 16 bits cut to 8. Throws what sharp throws.
 *
 * @param header what the file's first bytes say; asked of sharp where it is not given
 */
export async function sharpDecode(
  bytes: Uint8Array,
  maxPixels: number,
  chooseSize: ChooseSize = () => undefined,
  header?: ImageHeader,
): Promise<RgbImage> {
  const sharp = await loadSharp();
  const image = sharp(bytes, {
    failOn: 'truncated',
    limitInputPixels: maxPixels,
    autoOrient: true,
    ignoreIcc: true,
  });
  const { width: wide, height: high, format, space, hasAlpha } = await factsOf(image, header);
  const size = chooseSize(wide, high);
  const sized = size === undefined ? image : image.resize(...size, { fit: 'fill', kernel: 'linear' });
  const raw = (pipeline: Sharp) => pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (space === 'cmyk') {
    const { data, info } = await raw(sized.removeAlpha().pipelineColorspace('cmyk').toColorspace('cmyk'));
    return { data: cmykToRgb(data), width: info.width, height: info.height };
  }
  const shown = hasAlpha && !hasOpacity(bytes, format) ? sized.removeAlpha() : sized;
  const { data, info } = await raw(shown.toColorspace('srgb'));
  const { width, height, channels } = info;
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new Error(`it has ${channels} color channels`);
  return toRgb({ data, width, height, channels });
}

/** TIFF 6.0's ExtraSamples, of which 0 is a channel of unknown meaning: the infrared of a satellite, for one. */
const EXTRA_SAMPLES = 338;

/** Whether a fourth channel is opacity. */
function hasOpacity(bytes: Uint8Array, format: string | undefined): boolean {
  if (format !== 'tiff') return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (tiffTag(view, 0, view.byteLength, EXTRA_SAMPLES) ?? 0) !== 0;
}

/** What decides how a file is decoded. Asking sharp takes a sixth of the time of decoding a small JPEG. */
async function factsOf(image: Sharp, header: ImageHeader | undefined) {
  const { format, plain, width, height } = header ?? {};
  if (format === 'jpeg' && plain && width !== undefined && height !== undefined)
    return { width, height, format, space: 'srgb', hasAlpha: false };
  const { autoOrient, ...facts } = await image.metadata();
  return { ...autoOrient, format: facts.format, space: facts.space, hasAlpha: facts.hasAlpha };
}

/** Light as what the inks leave of white, as Pillow has it (libImaging/Convert.c, cmyk2rgb): no ink profile. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const light = 255 - cmyk[from + 3]!;
    for (let ink = 0; ink < 3; ink++) rgb[to++] = light - Math.round((cmyk[from + ink]! * light) / 255);
  }
  return rgb;
}

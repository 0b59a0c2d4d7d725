// Thumbnails: small JPEGs of images, for people to look at. What a network sees is decode-image's.

import { type RgbImage, resizeImage } from '@sightline/image';
import { decodeRgb } from './decode-image.ts';
import { loadSharp } from './sharp.ts';

export interface Thumbnail {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** High enough that a 64-pixel picture shown at twice its size has no visible blocks. */
const QUALITY = 85;
/**
 * Color at full resolution: halved, it would blur the edges of small pictures. Huffman tables of their own would save a
 * twelfth of the bytes, and take as long as the rest of the encoding.
 */
const JPEG = { quality: QUALITY, chromaSubsampling: '4:4:4', optimizeCoding: false };

/**
 * The image upright, in its own proportions, its longer side `longest` pixels at most; a smaller image keeps its size.
 * Throws as decodeRgb does: a plain Error whose message is the reason.
 */
export async function thumbnail(bytes: Uint8Array, longest: number): Promise<Thumbnail> {
  return thumbnailOf(await decodeRgb(bytes, { size: [longest, longest], interpolation: 'area' }), longest);
}

/** The same of an image that is decoded already. */
export async function thumbnailOf(image: RgbImage, longest: number): Promise<Thumbnail> {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const size = [
    Math.max(1, Math.round(image.height * scale)),
    Math.max(1, Math.round(image.width * scale)),
  ] as const;
  const small = resizeImage(image, size, { interpolation: 'bicubic' });
  return { jpeg: await encodeJpeg(small), width: small.width, height: small.height };
}

/** RGB pixels as a JPEG file, for a sheet of small photographs, which a PNG of would be three times as large. */
export async function encodeJpeg({ data, width, height }: RgbImage): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

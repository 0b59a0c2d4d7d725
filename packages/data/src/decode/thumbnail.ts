// Thumbnails: small JPEGs of images, for people to look at. What a network sees is decode-image's.

import type { RgbImage } from '@sightline/image';
import { decodeRgb } from './decode-image.ts';
import { loadSharp } from './sharp.ts';

export interface Thumbnail {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** High enough that a 64-pixel picture shown at twice its size has no visible blocks. */
const QUALITY = 85;
/** Color at full resolution: halved, it would blur the edges of small pictures. */
const JPEG = { quality: QUALITY, chromaSubsampling: '4:4:4' };

/**
 * The image upright, in its own proportions, its longer side `longest` pixels at most; a smaller image keeps its size.
 * Throws as decodeRgb does: a plain Error whose message is the reason.
 */
export async function thumbnail(bytes: Uint8Array, longest: number): Promise<Thumbnail> {
  const { data, width, height } = await decodeRgb(bytes, { size: [longest, longest], interpolation: 'area' });
  const sharp = await loadSharp();
  const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: longest, height: longest, fit: 'inside', withoutEnlargement: true })
    .jpeg(JPEG)
    .toBuffer({ resolveWithObject: true });
  return { jpeg: encoded.data, width: encoded.info.width, height: encoded.info.height };
}

/** RGB pixels as a JPEG file, for a sheet of small photographs, which a PNG of would be three times as large. */
export async function encodeJpeg({ data, width, height }: RgbImage): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

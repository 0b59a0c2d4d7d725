// Thumbnails: small JPEGs of images, for people to look at. What a network sees is decode-image's.

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
 * The image upright, in its own proportions, its longer side `longest` pixels at most; a smaller image keeps its size.
 * Throws as decodeRgb does: a plain Error whose message is the reason.
 */
export async function thumbnail(bytes: Uint8Array, longest: number): Promise<Thumbnail> {
  const { data, width, height } = await decodeRgb(bytes, { size: [longest, longest], interpolation: 'area' });
  const sharp = await loadSharp();
  const encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: longest, height: longest, fit: 'inside', withoutEnlargement: true })
    // Color at full resolution: halved, it would blur the edges of small pictures.
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: encoded.data, width: encoded.info.width, height: encoded.info.height };
}

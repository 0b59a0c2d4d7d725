// The decoder for small plain files: @napi-rs/image, ten times as fast as sharp there, on the thread that asks.

import { Transformer } from '@napi-rs/image';
import { type RgbImage, toRgb } from '@sightline/image';
import type { ImageHeader } from './sniff.ts';

/** Decodes a file whose header says `plain`, to RGB. Throws what the decoder throws. */
export function fastDecode(bytes: Uint8Array, header: ImageHeader): RgbImage {
  return asRgb(new Transformer(bytes).rawPixelsSync(), header);
}

/** The same on a thread of the decoder's own. */
export async function fastDecodeAside(bytes: Uint8Array, header: ImageHeader): Promise<RgbImage> {
  return asRgb(await new Transformer(bytes).rawPixels(), header);
}

/** The decoder gives as many channels as the file has. */
function asRgb(pixels: Uint8Array, { format, width = 0, height = 0 }: ImageHeader): RgbImage {
  const channels = pixels.length / (width * height);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new Error(
      `${pixels.length} bytes came for a ${format.toUpperCase()} of ${width} x ${height} pixels`,
    );
  return toRgb({ data: pixels, width, height, channels });
}

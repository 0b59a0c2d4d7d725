// The one way to sharp, loaded at the first image that needs it.

import { reasonOf, SightlineError } from '@sightline/core';
import type Sharp from 'sharp';

let loaded: Promise<typeof Sharp> | undefined;

/**
 * Not loaded before it is needed: it takes as long to start as hundreds of small images to decode.
 *
 * @throws SightlineError `engine-missing` where its native library does not load: no image is to blame for that
 */
export function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(
    ({ default: sharp }) => {
      // Images are decoded side by side, so threads inside of one decode would only compete; nothing is read twice.
      sharp.concurrency(1);
      sharp.cache(false);
      return sharp;
    },
    (cause) => {
      throw new SightlineError(
        'engine-missing',
        `Images cannot be decoded: ${reasonOf(cause)}. Install the packages again, with optional dependencies and, in Yarn, with "nodeLinker: node-modules".`,
        { cause },
      );
    },
  );
  return loaded;
}

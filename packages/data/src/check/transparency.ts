// Images whose shape is in their opacity, such as icons: opacity is dropped, as Keras does, and what is left is the color
// that a file happens to have under it.

import { extname } from 'node:path/posix';
import { counted } from '@sightline/core';
import { type Finding, finding, named } from '../dataset/findings.ts';
import { loadSharp } from '../decode/sharp.ts';
import type { FileTree } from '../files/file-tree.ts';

/** Formats with opacity, by name ending. */
const WITH_OPACITY = new Set(['.png', '.webp', '.gif', '.avif', '.tif', '.tiff']);
/** Images that are looked at, from all over a set. */
const SAMPLE = 24;
/** Below, a pixel is rather seen through than seen. */
const HALF = 128;
/** Share of an image's pixels from which on it counts: rounded corners are less. */
const NOTABLE_PIXELS = 0.05;
/** Share of the images that may be so without a word. */
const NOTABLE_IMAGES = 0.1;

/** A warning where of some images many are transparent in part; those that cannot be read are not its business. */
export async function transparentImages(
  files: Pick<FileTree, 'read'>,
  paths: readonly string[],
): Promise<Finding[]> {
  const possible = paths.filter((path) => WITH_OPACITY.has(extname(path).toLowerCase()));
  if (possible.length <= NOTABLE_IMAGES * paths.length) return [];
  const count = Math.min(SAMPLE, possible.length);
  const sample = Array.from(
    { length: count },
    (_, i) => possible[Math.floor((i * possible.length) / count)]!,
  );
  const shares = await Promise.all(
    sample.map((path) =>
      files.read(path).then(
        (bytes) => transparentShare(bytes).catch(() => 0),
        () => 0,
      ),
    ),
  );
  const found = sample.filter((_, i) => shares[i]! >= NOTABLE_PIXELS);
  if (found.length <= NOTABLE_IMAGES * count) return [];
  const message = `${found.length} of ${counted(count, 'image')} looked at have transparent pixels: ${named(found)}. Opacity is dropped, as Keras does, so that a network sees the color under it: if that is not what people see, save the images on a background first.`;
  return [finding('transparent', message, found)];
}

/** The share of an image's pixels that are less than half opaque. */
async function transparentShare(bytes: Uint8Array): Promise<number> {
  const sharp = await loadSharp();
  const image = sharp(bytes);
  if (!(await image.metadata()).hasAlpha) return 0;
  const opacity = await image.extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer();
  return opacity.filter((value) => value < HALF).length / opacity.length;
}

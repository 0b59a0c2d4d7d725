/** Images by path, without any classes: files, and all images in folders. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSightlineError, reasonOf, SightlineError } from '@sightline/core';
import { irregularity } from '@sightline/core/files';
import {
  decodeImage,
  type FileFailure,
  type ImageSet,
  listImages,
  type ResizeOptions,
} from '@sightline/data';
import type { CropOptions } from '@sightline/image';

const atOnce = 8;

/** The image files that `paths` name: files as they are named, folders by what lies in them, sorted. */
export async function imageFiles(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const entry = await stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT')
          throw new SightlineError('missing', `There is no image or folder ${path}.`);
        throw new SightlineError('missing', `${path} can't be read: ${reasonOf(error)}.`);
      });
      if (!entry.isDirectory()) return [path];
      return (await listImages(path)).map((name) => join(path, name));
    }),
  );
  const files = found.flat();
  if (files.length > 0) return files;
  throw new SightlineError(
    'missing',
    `There are no images in ${paths.join(', ')}: expected JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP files.`,
  );
}

/** An image by its path, or one whose bytes are there already. */
export interface ImageItem {
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** Decodes images, in their order, all that can be: the set holds those, and `failures` names the others. */
export async function decodeItems(
  items: readonly ImageItem[],
  { size, interpolation = 'nearest', fit = 'stretch', cropFraction = 1 }: ResizeOptions & CropOptions,
  classes: readonly string[],
): Promise<{ images: ImageSet; failures: FileFailure[] }> {
  const [height, width] = size;
  const resize = { size, interpolation, fit, cropFraction };
  const decoded: (Uint8Array | undefined)[] = [];
  const reasons: (string | undefined)[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) {
      const { path, bytes } = items[i]!;
      try {
        reasons[i] = bytes ? undefined : irregularity(await stat(path));
        if (reasons[i] !== undefined) continue;
        const image = await decodeImage(bytes ?? (await readFile(path)), resize);
        decoded[i] = image.data;
      } catch (error) {
        if (isSightlineError(error, 'engine-missing')) throw error;
        reasons[i] = reasonOf(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  // In the order of the items, whichever ended first.
  const failures = items.flatMap(({ path }, i) => {
    const reason = reasons[i];
    return reason === undefined ? [] : [{ path, reason }];
  });
  const good = items.flatMap(({ path }, i) => (decoded[i] ? [{ path, pixels: decoded[i] }] : []));
  const data = new Uint8Array(new SharedArrayBuffer(good.length * height * width * 3));
  good.forEach(({ pixels }, i) => {
    data.set(pixels, i * height * width * 3);
  });
  const images: ImageSet = {
    data,
    shape: [good.length, height, width, 3],
    labels: new Int32Array(good.length),
    paths: good.map(({ path }) => path),
    classes,
  };
  return { images, failures };
}

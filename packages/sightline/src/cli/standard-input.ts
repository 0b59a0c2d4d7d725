/** What stands for `-` among a command's images: standard input, which holds one image, or paths one a line. */

import { buffer } from 'node:stream/consumers';
import { SightlineError } from '@sightline/core';
import { type ImageItem, imageFiles } from '../model/read-images.ts';

/** The images that `paths` name, folders by what lies in them; `-` is read from `input`, once. */
export async function imageItems(
  paths: readonly string[],
  input: NodeJS.ReadableStream = process.stdin,
): Promise<ImageItem[]> {
  const toItems = async (some: readonly string[]) => (await imageFiles(some)).map((path) => ({ path }));
  if (!paths.includes('-')) return toItems(paths);
  const piped = await readPiped(input, toItems);
  const parts = await Promise.all(paths.map((path) => (path === '-' ? piped : toItems([path]))));
  return parts.flat();
}

async function readPiped(
  input: NodeJS.ReadableStream,
  toItems: (paths: readonly string[]) => Promise<ImageItem[]>,
): Promise<ImageItem[]> {
  if ((input as NodeJS.ReadStream).isTTY) {
    throw new SightlineError(
      'usage',
      'Expected an image, or paths one a line, on standard input: find photographs | sightline predict RUN -',
    );
  }
  const bytes = await buffer(input);
  // Every image format has zero bytes in its header, and no path has one.
  if (bytes.subarray(0, 4096).includes(0)) return [{ path: '-', bytes }];
  const lines = bytes.toString('utf8').split(/\r?\n/);
  const named = lines.filter((line) => line.trim() !== '');
  if (named.length > 0) return toItems(named);
  throw new SightlineError('missing', 'Standard input is empty: expected an image, or paths one a line.');
}

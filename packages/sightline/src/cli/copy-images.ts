/** Sorting classified images into folders, one per class: copies, which never replace a file. */

import { constants } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { reasonOf, SightlineError } from '@sightline/core';
import { makeFolder, remedyFor } from '@sightline/core/files';
import { sniffImage } from '@sightline/data';
import type { ImageItem } from '../model/read-images.ts';
import { type Answer, NOT_SURE } from './predictions.ts';

/**
 * Copies images into `folder`/<class>/; those without a class into `folder`/not sure/. Where the name is taken, a number
 * follows it: `photo-2.jpg`. An image of `items` that came as bytes, on standard input, becomes `stdin` with the ending
 * of its format.
 *
 * @throws SightlineError `not-writable` where a copy can't be made
 */
export async function copyToClasses(
  answers: readonly Answer[],
  items: readonly ImageItem[],
  folder: string,
): Promise<void> {
  const piped = new Map(items.flatMap(({ path, bytes }) => (bytes ? [[path, bytes] as const] : [])));
  for (const { path, predicted } of answers) {
    const target = join(folder, folderName(predicted ?? NOT_SURE));
    try {
      makeFolder(target);
      const bytes = piped.get(path);
      if (bytes === undefined) {
        await writeBeside(basename(path), target, (to) => copyFile(path, to, constants.COPYFILE_EXCL));
      } else {
        await writeBeside(nameOf(bytes), target, (to) => writeFile(to, bytes, { flag: 'wx' }));
      }
    } catch (cause) {
      const message = `Could not copy ${path} to ${target}: ${reasonOf(cause)}. ${remedyFor(cause)}`;
      throw new SightlineError('not-writable', message, { cause });
    }
  }
}

const nameOf = (bytes: Uint8Array) => `stdin.${sniffImage(bytes)?.format ?? 'image'}`;

/** Writes a file of this name into `folder`, or of the first numbered name that is free. */
async function writeBeside(
  file: string,
  folder: string,
  write: (to: string) => Promise<void>,
): Promise<void> {
  const ending = extname(file);
  const name = basename(file, ending);
  for (let count = 1; ; count++) {
    try {
      return await write(join(folder, count === 1 ? file : `${name}-${count}${ending}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A class's name as one folder: a model from elsewhere may name a class `../x`. */
const folderName = (name: string) => {
  const safe = name.replace(/[/\\:\0]/g, '_');
  return safe === '.' || safe === '..' || safe === '' ? '_' : safe;
};

/** Sorting classified images into folders, one per class: copies, which never replace a file. */

import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { reasonOf, SightlineError } from '@sightline/core';
import { makeFolder, remedyFor } from '@sightline/core/files';
import { type Answer, NOT_SURE } from './predictions.ts';

/**
 * Copies images into `folder`/<class>/; those without a class into `folder`/not sure/. Where the name is taken, a number
 * follows it: `photo-2.jpg`.
 *
 * @throws SightlineError `not-writable` where a copy can't be made
 */
export async function copyToClasses(answers: readonly Answer[], folder: string): Promise<void> {
  for (const { path, predicted } of answers) {
    const target = join(folder, folderName(predicted ?? NOT_SURE));
    try {
      makeFolder(target);
      await copyBeside(path, target);
    } catch (cause) {
      const message = `Could not copy ${path} to ${target}: ${reasonOf(cause)}. ${remedyFor(cause)}`;
      throw new SightlineError('not-writable', message, { cause });
    }
  }
}

async function copyBeside(path: string, target: string): Promise<void> {
  const ending = extname(path);
  const name = basename(path, ending);
  for (let count = 1; ; count++) {
    const to = join(target, count === 1 ? basename(path) : `${name}-${count}${ending}`);
    try {
      return await copyFile(path, to, constants.COPYFILE_EXCL);
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

/** Writing the clean list of a check as a table that can be opened as a data set. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { SightlineError } from '@sightline/core';
import { makeFolder, notWritable } from '@sightline/core/files';
import { formatTable, SPRITES_FILE, type TableRow } from '@sightline/data';

/** `photos` has its clean list in `photos.clean.csv`, beside it: in the folder itself it would count as data. */
export function cleanTablePath(root: string): string {
  const place = resolve(root);
  return join(dirname(place), `${basename(place).replace(/\.(csv|jsonl)$/i, '')}.clean.csv`);
}

/** Why a list can't name the images of a data set; undefined where it can. */
export function whyUnlistable(root: string): string | undefined {
  if (extname(root).toLowerCase() === '.zip') {
    return `A list can't name images inside of ${root}. Unpack it, and check the folder.`;
  }
  if (existsSync(join(root, SPRITES_FILE))) {
    return `A list can't name images inside of the sprites in ${root}: they are no files.`;
  }
  return undefined;
}

/**
 * Throws before any work where the list could not be written: what is there already is not replaced.
 *
 * @throws SightlineError `data` where images lie in an archive or in sprites, or where there is a file already
 */
export function checkCleanTable(root: string, path: string): void {
  const why = whyUnlistable(root);
  if (why !== undefined) throw new SightlineError('data', why);
  if (existsSync(path)) {
    throw new SightlineError('data', `${path} is there already. Remove it, or give another name with --out.`);
  }
}

/**
 * Writes the rows, as JSON Lines for a name in `.jsonl` and as CSV otherwise, with paths as seen from the table.
 *
 * @throws SightlineError `data` where the list is empty, `not-writable`
 */
export async function writeCleanTable(root: string, rows: readonly TableRow[], path: string): Promise<void> {
  if (rows.length === 0)
    throw new SightlineError('data', `No image of ${root} is left: there is nothing to list.`);
  const isTable = ['.csv', '.jsonl'].includes(extname(root).toLowerCase());
  const from = isTable ? dirname(resolve(root)) : resolve(root);
  const seen = rows.map((row) => ({ ...row, path: seenFrom(dirname(resolve(path)), join(from, row.path)) }));
  const text =
    extname(path).toLowerCase() === '.jsonl'
      ? seen.map((row) => `${JSON.stringify(row)}\n`).join('')
      : formatTable(seen);
  try {
    makeFolder(dirname(resolve(path)));
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

const seenFrom = (folder: string, file: string) => relative(folder, file).split(sep).join('/');

// The place of a site: a folder that is replaced as a whole, and only if it is a site.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { makeFolder, notWritable } from '@sightline/core/files';
import { isAlive } from '@sightline/core/process';

/** Names a folder as a site that may be replaced, and says in JSON what is in it. */
export const marker = 'sightline-site.json';

/** @throws SightlineError `not-a-site` where the folder holds anything but an earlier site */
export function refuseOther(out: string): void {
  if (!existsSync(out)) return;
  const isFree = readdirSync(out).length === 0;
  if (!isFree && !existsSync(join(out, marker))) {
    throw new SightlineError(
      'not-a-site',
      `The site would replace ${out}, but that folder holds other files (no ${marker}). Choose another folder, or empty it.`,
    );
  }
}

/**
 * A folder beside `out`, for what is made on the way to it.
 *
 * @throws SightlineError `not-writable`
 */
export function makeBeside(out: string): string {
  const folder = join(dirname(out), `.${basename(out)}.${process.pid}.${Date.now()}`);
  try {
    makeFolder(dirname(out));
    mkdirSync(folder);
  } catch (cause) {
    throw notWritable(out, cause);
  }
  return folder;
}

/** Removes the folders that killed processes made beside `out`, and puts back a site that one was about to replace. */
export function removeAbandoned(out: string): void {
  const prefix = `.${basename(out)}.`;
  for (const name of readdirSync(dirname(out)).filter((sibling) => sibling.startsWith(prefix))) {
    const pid = /^(\d+)\.\d+$/.exec(name.slice(prefix.length))?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    const folder = join(dirname(out), name);
    const earlier = earlierIn(folder);
    if (existsSync(earlier) && !existsSync(out)) renameSync(earlier, out);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The site in a folder of `makeBeside`. */
export const siteIn = (building: string): string => join(building, 'site');
const earlierIn = (building: string): string => join(building, 'earlier');

/**
 * Puts the site that was made in `building` into its place. Two renames: between them is the only moment without a site,
 * and the earlier one comes back if the second fails.
 */
export function replace(out: string, building: string): void {
  const made = siteIn(building);
  if (!existsSync(out)) {
    renameSync(made, out);
    return;
  }
  const earlier = earlierIn(building);
  renameSync(out, earlier);
  try {
    renameSync(made, out);
  } catch (error) {
    renameSync(earlier, out);
    throw error;
  }
  rmSync(earlier, { recursive: true, force: true });
}

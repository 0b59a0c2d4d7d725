// A folder on disk as a file tree. Links are followed, as people link large class folders into place, but a link
// that leads back to a folder above it is refused, and only regular files count: reading a pipe would never end.

import { isUtf8 } from 'node:buffer';
import { type Dirent, type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, SightlineError, shown } from '@sightline/core';
import { readImage } from './file-reader.ts';
import { type FileEntry, type FileStamp, type FileTree, isHiddenName, type Listing } from './file-tree.ts';

/**
 * Opens a folder. Listing throws SightlineError: `missing-folder`, `unreadable-folder`, `link-loop`, or `file-name` for
 * a name that is not UTF-8.
 */
export function folderTree(root: string): FileTree {
  const stamps = new Map<string, FileStamp>();
  return {
    root,
    list: () => listFolder(root, stamps),
    read: (path) => readImage(join(root, path)),
    disk: {
      folder: root,
      stamp: (path) => {
        const stats = stamps.has(path) ? undefined : statSync(join(root, path), { throwIfNoEntry: false });
        return stats === undefined ? stamps.get(path) : stampOf(stats);
      },
    },
  };
}

const stampOf = ({ size, mtimeMs, ctimeMs, ino }: Stats): FileStamp => [size, mtimeMs, ctimeMs, ino];

async function listFolder(root: string, stamps: Map<string, FileStamp>): Promise<Listing> {
  const top = await stat(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new SightlineError(
        'missing-folder',
        `There is no folder ${root}. Give the path of a folder of images.`,
      );
    }
    throw new SightlineError('unreadable-folder', `The folder ${root} cannot be read: ${reasonOf(error)}.`);
  });
  if (!top.isDirectory()) {
    throw new SightlineError(
      'missing-folder',
      `${root} is neither a folder of images, nor a .zip of one, nor a .csv, .tsv or .jsonl table. Unpack other archives.`,
    );
  }
  const files: FileEntry[] = [];
  const folders: string[] = [];
  await walk(root, '', [identity(top)], { files, folders, stamps });
  return { files, folders };
}

const identity = (stats: Stats) => `${stats.dev}:${stats.ino}`;

async function walk(
  root: string,
  folder: string,
  above: readonly string[],
  found: { readonly files: FileEntry[]; readonly folders: string[]; readonly stamps: Map<string, FileStamp> },
): Promise<void> {
  for (const entry of await entriesOf(root, folder)) {
    if (isHiddenName(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const stats = statEntry(root, path, entry);
    if (stats === undefined) continue;
    if (stats.isDirectory()) {
      if (above.includes(identity(stats))) {
        throw new SightlineError(
          'link-loop',
          `The link ${shown(path)} in ${root} leads back to a folder above it. Remove the link.`,
        );
      }
      found.folders.push(path);
      await walk(root, path, [...above, identity(stats)], found);
    } else if (stats.isFile()) {
      found.files.push({ path, size: stats.size });
      found.stamps.set(path, stampOf(stats));
    }
  }
}

async function entriesOf(root: string, folder: string): Promise<Dirent[]> {
  const place = join(root, folder);
  const fail = (error: unknown): never => {
    throw new SightlineError(
      'unreadable-folder',
      `The folder ${place} cannot be listed: ${reasonOf(error)}.`,
    );
  };
  const entries = await readdir(place, { withFileTypes: true }).catch(fail);
  if (entries.some(({ name }) => name.includes('\uFFFD'))) await refuseNamesThatAreNotText(place);
  return entries;
}

/** U+FFFD in a name may be its own, or stand for bytes that are not UTF-8: such a file could not be opened by name. */
async function refuseNamesThatAreNotText(place: string): Promise<void> {
  for (const name of await readdir(place, { encoding: 'buffer' })) {
    if (isUtf8(name)) continue;
    throw new SightlineError(
      'file-name',
      `A name in ${place} is not UTF-8: ${shown(name.toString('latin1'))}. Rename the file.`,
    );
  }
}

/** Undefined for a link to nothing: like a file that vanished, it is not there. */
function statEntry(root: string, path: string, entry: Dirent): Stats | undefined {
  try {
    return statSync(join(root, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') {
      throw new SightlineError(
        'link-loop',
        `The link ${shown(path)} in ${root} leads to itself. Remove the link.`,
      );
    }
    const kind = entry.isDirectory() ? 'folder' : 'file';
    throw new SightlineError(
      'unreadable-folder',
      `The ${kind} ${shown(path)} in ${root} cannot be read: ${reasonOf(error)}.`,
    );
  }
}

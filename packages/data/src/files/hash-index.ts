// An index of content hashes in a cache folder: for each file the stamp that it had when it was hashed. A file with the
// same stamp is taken to be the same, as version control does it. Lines of JSON: [path, ...stamp, sha256].

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSightlineError } from '@sightline/core';
import { writeFileAtomicBeside } from '@sightline/core/files';
import type { FileStamp } from './file-tree.ts';

/**
 * A file that was changed so shortly before it was hashed is not remembered: another change within the same tick of
 * the disk's clock would leave its stamp as it is. FAT's ticks are the longest.
 */
const TICK_MS = 2000;

interface Entry {
  readonly stamp: FileStamp;
  readonly digest: string;
}

export class HashIndex {
  readonly #place: string;
  readonly #entries: Map<string, Entry>;
  #isChanged = false;

  private constructor(place: string, entries: Map<string, Entry>) {
    this.#place = place;
    this.#entries = entries;
  }

  /** The index of a folder; empty where there is none, or none that can be read. */
  static async open(cacheDir: string, folder: string): Promise<HashIndex> {
    const place = join(cacheDir, `${hash('sha256', resolve(folder)).slice(0, 32)}.hashes`);
    const text = await readFile(place, 'utf8').catch(() => '');
    return new HashIndex(place, new Map(text.split('\n').flatMap(entryOf)));
  }

  /** The file's hash, where its stamp is that of the file that was hashed. */
  find(path: string, stamp: FileStamp): string | undefined {
    const entry = this.#entries.get(path);
    return entry?.stamp.every((value, i) => value === stamp[i]) ? entry.digest : undefined;
  }

  /** Remembers a file. The stamp must have been taken before it was hashed, and `began` (ms) is when that was. */
  add(path: string, stamp: FileStamp, digest: string, began: number): void {
    const [, modified, changed] = stamp;
    if (Math.max(modified, changed) > began - TICK_MS) return;
    this.#entries.set(path, { stamp, digest });
    this.#isChanged = true;
  }

  /** Writes the index, where something was added. One that cannot be written costs time, nothing else. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const lines = [...this.#entries].map(([path, { stamp, digest }]) =>
      JSON.stringify([path, ...stamp, digest]),
    );
    try {
      await writeFileAtomicBeside(this.#place, `${lines.join('\n')}\n`);
    } catch (error) {
      if (!isSightlineError(error, 'not-writable')) throw error;
    }
  }
}

/** The entry of a line; none where it is no entry, as in a file that was cut or is another's. */
function entryOf(line: string): [string, Entry][] {
  try {
    const [path, size, modified, changed, inode, digest] = JSON.parse(line);
    if (typeof path !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) return [];
    return [[path, { stamp: [size, modified, changed, inode], digest }]];
  } catch {
    return [];
  }
}

/** Reads a tar archive in memory: regular files only (POSIX ustar; npm writes no other kind). */

import { SightlineError } from '@sightline/core';

const BLOCK = 512;

export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The archive's files, in order; their data are views. Throws SightlineError `damaged-cache` where it is cut short. */
export function* readTar(archive: Uint8Array): Generator<TarFile> {
  const latin = new TextDecoder('latin1');
  const text = (at: number, length: number) =>
    latin.decode(archive.subarray(at, at + length)).split('\0')[0]!;
  let at = 0;
  // A block of zeros ends the archive.
  while (archive[at] !== 0) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const end = at + BLOCK + size;
    if (!(size >= 0) || end > archive.length) {
      throw new SightlineError(
        'damaged-cache',
        `The tar archive is cut short: ${archive.length} bytes, at least ${end} were expected.`,
      );
    }
    const type = text(at + 156, 1);
    const prefix = text(at + 257, 5) === 'ustar' ? text(at + 345, 155) : '';
    const name = text(at, 100);
    if (type === '0' || type === '')
      yield { name: prefix === '' ? name : `${prefix}/${name}`, data: archive.subarray(at + BLOCK, end) };
    at = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

// Reads many small files, one after the other, into the same memory. Small files are read synchronously, as reading them
// side by side takes Node five times as long; where a file does take long, as on a slow or distant disk, the reader says
// so, and files are read side by side.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseIrregular } from '@sightline/core/files';
import type { ItemProcessor } from '../workers/parallel.ts';

/** Milliseconds a file may take on average before reading counts as slow. */
const SLOW_READ = 0.3;
/** No file counts for more: a thread that had to wait for a processor says nothing of the disk. */
const LONGEST_COUNTED = 1;
/** Most files of small images fit; what does not is read into memory of its own. */
const SCRATCH_BYTES = 1 << 17;
/** Files that a thread takes at once. */
const FILES_AT_ONCE = 8;

/** Files of a folder, as they are sent to worker threads. */
export interface FileList {
  readonly folder: string;
  /** Relative to the folder; joined by NUL, which no path has, as that is faster to send than an array. */
  readonly paths: string;
}

export const fileList = (folder: string, paths: readonly string[]): FileList => ({
  folder,
  paths: paths.join('\0'),
});

/**
 * The bytes of a file. Throws for what is none, before it is opened: a table may name anything, and a device or a pipe
 * would never end, or never begin.
 */
export async function readImage(path: string): Promise<Buffer<ArrayBuffer>> {
  refuseIrregular(path);
  return readFile(path);
}

/**
 * Processes the bytes of each file, which stay only until the next one is read. `refuse` says from the first bytes of a
 * file that is not small that it is left to the thread that asked.
 */
export function fileProcessor(
  { folder, paths }: FileList,
  process: (bytes: Uint8Array, index: number) => boolean,
  refuse: (start: Uint8Array) => boolean = () => false,
): ItemProcessor {
  const names = paths.split('\0');
  const scratch = new Uint8Array(SCRATCH_BYTES);
  let average = 0;
  const isSlow = () => average > SLOW_READ;

  function read(place: string): Uint8Array | undefined {
    const began = performance.now();
    refuseIrregular(place);
    const file = openSync(place, 'r');
    try {
      const length = readSync(file, scratch, 0, SCRATCH_BYTES, 0);
      if (length < SCRATCH_BYTES) return scratch.subarray(0, length);
      return refuse(scratch) ? undefined : readFileSync(file);
    } finally {
      closeSync(file);
      const took = Math.min(performance.now() - began, LONGEST_COUNTED);
      average += (took - average) / 32;
    }
  }

  return {
    itemsAtOnce: FILES_AT_ONCE,
    isSlow,
    process: (index) => {
      const place = join(folder, names[index]!);
      if (isSlow()) return readImage(place).then((bytes) => process(bytes, index));
      const bytes = read(place);
      return bytes !== undefined && process(bytes, index);
    },
    close: () => {},
  };
}

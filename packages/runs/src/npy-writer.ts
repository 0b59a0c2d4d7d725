/** Writes an `.npy` file of float32 rows as they are computed, so that only those at hand are in memory. Atomic. */

import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SightlineError } from '@sightline/core';
import { makeFolder, notWritable, placeBeside } from '@sightline/core/files';
import { npyHeader } from './npy.ts';

export interface NpyWriter {
  /** Adds whole rows. Throws SightlineError `not-writable`, or `shape` for a part of a row or one row too many. */
  append(rows: Float32Array): void;
  /** Puts the file in its place; throws SightlineError `shape` if rows are missing. */
  finish(): void;
  /** Removes what was written. Does nothing after `finish`. */
  abandon(): void;
}

/**
 * Begins an `.npy` file of `shape` (rows first).
 *
 * @throws SightlineError `not-writable`
 */
export function openNpyWriter(path: string, shape: readonly [rows: number, ...sizes: number[]]): NpyWriter {
  const [count, ...sizes] = shape;
  const width = sizes.reduce((product, size) => product * size, 1);
  const beside = placeBeside(path);
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      abandon();
      throw notWritable(path, cause);
    }
  };
  let file: number | undefined;
  let done = 0;
  const abandon = () => {
    if (file === undefined) return;
    closeSync(file);
    file = undefined;
    rmSync(beside, { force: true });
  };
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file!, bytes, at);
  };
  attempt(() => {
    makeFolder(dirname(path));
    file = openSync(beside, 'w');
    write(npyHeader('float32', shape));
  });
  return {
    append(rows) {
      const added = rows.length / width;
      if (!Number.isInteger(added) || done + added > count) {
        throw new SightlineError(
          'shape',
          `${path} takes ${count} rows of ${width} numbers: ${done} are written, and ${rows.length} numbers came.`,
        );
      }
      attempt(() => write(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)));
      done += added;
    },
    finish() {
      if (done !== count) {
        abandon();
        throw new SightlineError('shape', `${path} takes ${count} rows, but ${done} were written.`);
      }
      attempt(() => {
        closeSync(file!);
        file = undefined;
        renameSync(beside, path);
      });
    },
    abandon,
  };
}

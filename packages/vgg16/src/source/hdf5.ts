// HDF5 files, a tree of groups and datasets (arrays), opened so that what is wrong with one is an error of this package.

import { open } from 'node:fs/promises';
import { SightlineError } from '@sightline/core';
import * as h5 from 'h5wasm/node';
import { unreadable } from './source.ts';

/** The first bytes of an HDF5 file. */
const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

async function firstBytes(path: string, count: number): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The innermost line of HDF5's own account: `#006: file.c line 577 in H5F__super_read(): truncated file: …`. */
function reason(message: string): string {
  return [...message.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1] ?? message;
}

/**
 * What `use` finds in an HDF5 file; only what it reads is read.
 *
 * @throws SightlineError `weights` where the file is none, or is cut off
 */
export async function withHdf5<T>(path: string, use: (file: h5.File) => T): Promise<T> {
  const first = await firstBytes(path, SIGNATURE.length);
  if (!first.equals(SIGNATURE)) {
    const found = first.length < SIGNATURE.length ? `has ${first.length} bytes` : 'begins with other bytes';
    throw new SightlineError('weights', `${path} is not an HDF5 file: it ${found}. Fetch it again.`);
  }
  const { activate_throwing_error_handler: activate, deactivate_throwing_error_handler: deactivate } =
    await h5.ready;
  // As it comes, the library prints its account of an error on the terminal and goes on.
  activate();
  try {
    const file = new h5.File(path, 'r');
    try {
      return use(file);
    } finally {
      file.close();
    }
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    const why = reason((cause as Error).message);
    throw new SightlineError('weights', `${path} is not a whole HDF5 file: ${why}. Fetch it again.`, {
      cause,
    });
  } finally {
    deactivate();
  }
}

/** Elements that pass through the library's own memory at once: it grows to what was asked of it, and never shrinks. */
const PIECE = 2 ** 22;

/** The values of a float32 dataset. */
export function readFloats(dataset: h5.Dataset): Float32Array {
  const [rows = 1, ...rest] = dataset.shape ?? [];
  const width = rest.reduce((a, b) => a * b, 1);
  const values = new Float32Array(rows * width);
  const step = Math.max(1, Math.floor(PIECE / width));
  for (let row = 0; row < rows; row += step) {
    const ranges: [number, number][] = [[row, Math.min(row + step, rows)]];
    for (const size of rest) ranges.push([0, size]);
    values.set(dataset.slice(ranges) as Float32Array, row * width);
  }
  return values;
}

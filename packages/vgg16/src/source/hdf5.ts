// HDF5 files, a tree of groups and datasets (arrays), opened so that what is wrong with one is an error of this package.
// The library sees one file and no other: what a file of a stranger links to does not exist there.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SightlineError } from '@sightline/core';
import * as h5 from 'h5wasm';
import { unreadable } from './source.ts';

/** The first bytes of an HDF5 file. */
const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** The name of the file in the library's own file system, which is in memory. */
const NAME = 'weights.h5';

/** What is used of the library's file system (Emscripten's). */
interface Node {
  usedBytes: number;
  stream_ops: Record<string, unknown>;
}

/** Puts an open file into the library's file system: its bytes are read from the disk as the library asks for them. */
function mount(library: Awaited<typeof h5.ready>, file: number, size: number): void {
  const { FS } = library as unknown as {
    FS: { writeFile(name: string, bytes: Uint8Array): void; lookupPath(name: string): { node: Node } };
  };
  FS.writeFile(NAME, new Uint8Array());
  const { node } = FS.lookupPath(NAME);
  node.usedBytes = size;
  node.stream_ops = {
    ...node.stream_ops,
    read: (_: unknown, buffer: Uint8Array, offset: number, length: number, position: number) =>
      readSync(file, buffer, offset, Math.max(0, Math.min(length, size - position)), position),
  };
}

/** The innermost line of HDF5's own account: `#006: file.c line 577 in H5F__super_read(): truncated file: …`. */
function reason(message: string): string {
  return [...message.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1] ?? message;
}

/**
 * What `use` finds in an HDF5 file; only what it reads is read. The library never returns from some that are damaged: call
 * it on a thread that may be ended.
 *
 * @throws SightlineError `weights` where the file is none, or is cut off
 */
export async function withHdf5<T>(path: string, use: (file: h5.File) => T): Promise<T> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    const first = Buffer.alloc(SIGNATURE.length);
    const count = readSync(descriptor, first, 0, first.length, 0);
    if (!first.equals(SIGNATURE)) {
      const found = count < first.length ? `has ${count} bytes` : 'begins with other bytes';
      throw new SightlineError('weights', `${path} is not an HDF5 file: it ${found}. Fetch it again.`);
    }
    const library = await h5.ready;
    mount(library, descriptor, fstatSync(descriptor).size);
    return readMounted(library, path, use);
  } finally {
    closeSync(descriptor);
  }
}

function readMounted<T>(library: Awaited<typeof h5.ready>, path: string, use: (file: h5.File) => T): T {
  // As it comes, the library prints its account of an error on the terminal and goes on.
  library.activate_throwing_error_handler();
  try {
    const file = new h5.File(NAME, 'r');
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
    library.deactivate_throwing_error_handler();
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

/**
 * HDF5 files as bytes. The library runs on a file system in memory: what a file links to (external files, raw storage
 * elsewhere) does not exist there, so that a file of a stranger reads nothing but itself.
 */
import { SightlineError } from '@sightline/core';
import type * as h5 from 'h5wasm';

type Library = typeof h5;

/** A megabyte of WebAssembly, which few programs that load this package need. */
const load = (): Promise<Library> => import('h5wasm');

/** The first bytes of an HDF5 file. */
const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** float32 weights deflate to no less than a tenth; HDF5 can declare arrays that it does not store. */
const MOST_INFLATION = 50;
const ALWAYS_ALLOWED = 64e6;

/** Models in models are four deep at most, with two groups each. */
const DEEPEST_GROUP = 64;

let opened = 0;

/**
 * Read an HDF5 file, on a thread that may be ended (`hdf5-worker.ts`): the library never returns from some that are damaged.
 * Throws where `bytes` are none: the library would print its own account of it.
 */
export async function readHdf5<T>(bytes: Uint8Array, use: (file: Hdf5Reader) => T): Promise<T> {
  const library = await load();
  const { FS } = await library.ready;
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== SIGNATURE)
    throw new Error('it is no HDF5 file');
  const name = `read-${++opened}.h5`;
  FS.writeFile(name, bytes);
  try {
    const file = new library.File(name, 'r');
    try {
      return use(new Hdf5Reader(library, file, bytes.length));
    } finally {
      file.close();
    }
  } finally {
    FS.unlink(name);
  }
}

/** Write an HDF5 file. */
export async function writeHdf5(use: (file: h5.File) => void): Promise<Uint8Array> {
  const library = await load();
  const { FS } = await library.ready;
  const name = `write-${++opened}.h5`;
  const file = new library.File(name, 'w');
  try {
    use(file);
    file.close();
    return FS.readFile(name);
  } finally {
    FS.unlink(name);
  }
}

/** Groups, attributes and arrays of an open file, with the checks that a file of a stranger needs. */
class Hdf5Reader {
  readonly #library: Library;
  readonly #file: h5.File;
  readonly #size: number;

  constructor(library: Library, file: h5.File, size: number) {
    this.#library = library;
    this.#file = file;
    this.#size = size;
  }

  /** An attribute of the file that is text. */
  text(name: string): string | undefined {
    const value = this.#file.attrs[name]?.value;
    return typeof value === 'string' ? value : undefined;
  }

  /** The paths of all arrays under a group. Links to elsewhere are not followed. */
  paths(group: string, depth = 0): string[] {
    if (depth > DEEPEST_GROUP) throw new Error('its groups are in each other');
    return this.names(group).flatMap((name) => {
      const path = `${group}/${name}`;
      const entry = this.#file.get(path);
      if (entry instanceof this.#library.Dataset) return [path];
      return entry instanceof this.#library.Group ? this.paths(path, depth + 1) : [];
    });
  }

  /** The names in a group; empty where there is none. */
  names(path: string): string[] {
    const entry = this.#file.get(path);
    return entry instanceof this.#library.Group ? entry.keys() : [];
  }

  /** A group's attribute that is a list of text; empty where there is none. */
  list(path: string, name: string): string[] {
    const entry = this.#file.get(path);
    if (!(entry instanceof this.#library.Group)) return [];
    return Array.from((entry.attrs[name]?.value ?? []) as string[], String);
  }

  /** An array as float32. Throws where there is none, or where it is far larger than the file. */
  floats(path: string): { shape: number[]; data: Float32Array } {
    const entry = this.#file.get(path);
    if (!(entry instanceof this.#library.Dataset)) throw new Error(`it has no array ${path}`);
    const shape = entry.shape ?? [];
    const bytes = shape.reduce((product, size) => product * size, 4);
    if (bytes > Math.max(ALWAYS_ALLOWED, MOST_INFLATION * this.#size)) {
      throw new SightlineError(
        'saved-model',
        `The array ${path} claims ${bytes} bytes in a file of ${this.#size}: the file is damaged.`,
      );
    }
    // A counter is a 64-bit integer, and an array without axes its one number.
    const value = entry.value as Float32Array | BigInt64Array | number | bigint;
    const numbers =
      typeof value === 'object' ? Array.from(value as ArrayLike<number | bigint>, Number) : [Number(value)];
    return {
      shape,
      data: value instanceof Float32Array ? Float32Array.from(value) : Float32Array.from(numbers),
    };
  }
}

export type { Hdf5Reader };

/**
 * Features kept by the content of their images: what a pretrained network gave for an image is computed once, however
 * the image is named, split or labeled, and again only if the network, its weights or the resizing differ.
 *
 * A folder holds *segments*, each written once, whole: a JSON header in a line of 4 KiB, the SHA-256 and the CRC-32 of
 * each row, then float32 rows, little-endian. Writers never touch each other's segments, so any number of processes can
 * share a folder, and a killed one loses what it had not written yet.
 */

import { hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeFileAtomic } from '@sightline/core/files';
import { z } from 'zod';

/** What the features of a store have in common. */
export interface FeatureSource {
  /** The network's name, and the SHA-256 of its weights. */
  readonly backbone: string;
  readonly weights: string;
  readonly precision: 'fp32' | 'int8';
  /** The version of the decoder: another one may give other pixels. */
  readonly decoder: number;
  /** How images were brought to the size that the network saw: height and width, interpolation, fit. */
  readonly resize: { readonly size: readonly [height: number, width: number] } & Readonly<
    Record<string, unknown>
  >;
  /** Numbers per image. */
  readonly columns: number;
}

export interface FeatureStoreOptions {
  /** Bytes that segments may take together; those that were not used for longest go first. Default: 2 GiB. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 2 * 2 ** 30;
/** More segments than this are made into one. */
const MAX_SEGMENTS = 24;
const HEADER_BYTES = 4096;
const KEY_BYTES = 32;
const ENTRY_BYTES = KEY_BYTES + 4;
const SUFFIX = '.rows';

const headerSchema = z.object({
  schema: z.literal(1),
  source: z.string(),
  columns: z.number().int().positive(),
  rows: z.number().int().nonnegative(),
  /** CRC-32 of the entries. */
  entries: z.number(),
});

/** Where a row lies. */
interface Place {
  readonly path: string;
  readonly offset: number;
  readonly crc: number;
}

/** `efficientnet-lite0-224`, `vgg16-64x96-int8` */
function folderName({ backbone, resize, precision }: FeatureSource): string {
  const [height, width] = resize.size;
  const size = height === width ? height : `${height}x${width}`;
  return `${backbone}-${size}${precision === 'fp32' ? '' : `-${precision}`}`;
}

/** Everything that makes features differ, in one word; properties in an order of their own. */
function fingerprint({ resize, ...rest }: FeatureSource): string {
  const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([sorted(rest), sorted(resize)])).slice(0, 32);
}

export class FeatureStore {
  readonly dir: string;
  /** Numbers per image. */
  readonly columns: number;
  readonly #source: string;
  readonly #maxBytes: number;
  readonly #places = new Map<string, Place>();
  /** Segments whose rows were read or written here. */
  readonly #used = new Set<string>();
  /** Open segments: rows are read one by one. */
  readonly #files = new Map<string, number>();

  /** Opens the store of a source in the folder `parent`, which need not exist. */
  constructor(parent: string, source: FeatureSource, { maxBytes = MAX_BYTES }: FeatureStoreOptions = {}) {
    this.dir = join(parent, folderName(source));
    this.#source = fingerprint(source);
    this.columns = source.columns;
    this.#maxBytes = maxBytes;
    for (const path of this.#segments()) this.#index(path);
  }

  /** The features of an image by the SHA-256 of its file, in hex; undefined if they are not there, or damaged. */
  get(digest: string): Float32Array | undefined {
    const place = this.#places.get(digest);
    if (!place) return undefined;
    const row = this.#read(place.path, place.offset, this.columns * 4);
    if (!row || crc32(row) !== place.crc) {
      this.#places.delete(digest);
      return undefined;
    }
    this.#used.add(place.path);
    return new Float32Array(row.buffer, row.byteOffset, this.columns);
  }

  /**
   * Adds rows, as one segment.
   *
   * @param rows (digests, columns)
   * @throws SightlineError `not-writable`
   */
  add(digests: readonly string[], rows: Float32Array): void {
    if (digests.length === 0) return;
    const entries = Buffer.alloc(digests.length * ENTRY_BYTES);
    digests.forEach((digest, i) => {
      const row = rows.subarray(i * this.columns, (i + 1) * this.columns);
      entries.write(digest, i * ENTRY_BYTES, 'hex');
      entries.writeUInt32LE(crc32(bytesOf(row)), i * ENTRY_BYTES + KEY_BYTES);
    });
    const header = {
      schema: 1,
      source: this.#source,
      columns: this.columns,
      rows: digests.length,
      entries: crc32(entries),
    };
    const line = Buffer.from(`${JSON.stringify(header).padEnd(HEADER_BYTES - 1)}\n`);
    // The same rows have the same name: two processes that computed them leave one segment.
    const path = join(this.dir, `${this.#source}-${hash('sha256', entries).slice(0, 16)}${SUFFIX}`);
    writeFileAtomic(path, [line, entries, bytesOf(rows)]);
    this.#forget(path);
    this.#index(path);
    this.#used.add(path);
  }

  /** Ends the use of a store: notes which segments were used, joins small ones, and removes the oldest beyond the limit. */
  close(): void {
    try {
      this.#tidy();
    } finally {
      for (const file of this.#files.values()) closeSync(file);
      this.#files.clear();
    }
  }

  #tidy(): void {
    const now = new Date();
    for (const path of this.#used) if (existsSync(path)) utimesSync(path, now, now);
    const own = this.#segments().filter((path) => path.includes(this.#source));
    if (own.length > MAX_SEGMENTS) this.#join(own);
    this.#removeOldest();
  }

  #segments(): string[] {
    const names = existsSync(this.dir) ? readdirSync(this.dir) : [];
    return names
      .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
      .map((name) => join(this.dir, name));
  }

  /** Learns where a segment's rows are; one of another source or damaged has none. */
  #index(path: string): void {
    const line = this.#read(path, 0, HEADER_BYTES);
    const header = line && headerSchema.safeParse(parsed(line));
    if (!header?.success) return;
    const { source, columns, rows, entries: expected } = header.data;
    if (source !== this.#source || columns !== this.columns) return;
    const entries = this.#read(path, HEADER_BYTES, rows * ENTRY_BYTES);
    if (!entries || crc32(entries) !== expected) return;
    for (let i = 0; i < rows; i++) {
      const at = i * ENTRY_BYTES;
      this.#places.set(entries.toString('hex', at, at + KEY_BYTES), {
        path,
        offset: HEADER_BYTES + rows * ENTRY_BYTES + i * columns * 4,
        crc: entries.readUInt32LE(at + KEY_BYTES),
      });
    }
  }

  /** Closes a segment whose file is no longer the one that was opened. */
  #forget(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    closeSync(file);
    this.#files.delete(path);
  }

  /** Bytes of a segment; undefined if it has fewer, or is gone. */
  #read(path: string, offset: number, length: number): Buffer | undefined {
    try {
      // Memory of its own: a view of Node's pool is not aligned to floats. A damaged header may ask for too much.
      const bytes = Buffer.from(new ArrayBuffer(length));
      const file = this.#files.get(path) ?? openSync(path, 'r');
      this.#files.set(path, file);
      let done = 0;
      while (done < length) {
        const count = readSync(file, bytes, done, length - done, offset + done);
        if (count === 0) return undefined;
        done += count;
      }
      return bytes;
    } catch {
      return undefined;
    }
  }

  #join(paths: readonly string[]): void {
    const digests: string[] = [];
    const rows: Float32Array[] = [];
    for (const digest of [...this.#places.keys()]) {
      const row = this.get(digest);
      if (!row) continue;
      digests.push(digest);
      rows.push(row);
    }
    const all = new Float32Array(rows.length * this.columns);
    rows.forEach((row, i) => {
      all.set(row, i * this.columns);
    });
    const before = new Set(paths);
    this.add(digests, all);
    const joined = this.#places.get(digests[0] ?? '')?.path;
    for (const path of before) if (path !== joined) rmSync(path, { force: true });
  }

  #removeOldest(): void {
    const segments = this.#segments().flatMap((path) => {
      const entry = statSync(path, { throwIfNoEntry: false });
      return entry ? [{ path, size: entry.size, used: entry.mtimeMs }] : [];
    });
    let total = segments.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of segments.sort((a, b) => a.used - b.used)) {
      if (total <= this.#maxBytes) return;
      // What this training needs is needed by the next.
      if (this.#used.has(path)) continue;
      rmSync(path, { force: true });
      total -= size;
    }
  }
}

const bytesOf = (rows: Float32Array) => new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}

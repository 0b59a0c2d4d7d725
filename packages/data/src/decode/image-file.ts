// Decoded images in a file: what a cache keeps, and what a data set larger than memory is trained from.
// Layout, little-endian: magic (8 bytes), length of the header (u32), header (JSON), a CRC-32 an image (u32 each), and
// the images' bytes, one after the other.

import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DataError } from '../error.ts';

const MAGIC = Buffer.from('SLIMAGE1');
/** Systems read at most 2 GiB at once. */
const LARGEST_READ = 1 << 28;
const FIXED_BYTES = MAGIC.length + 4;

/** [N, height, width, channels]. */
export type ImageFileShape = readonly [count: number, height: number, width: number, channels: 3];

/** Where each image is in a file. Plain data: it goes to worker threads. */
export interface ImageFileLayout {
  readonly path: string;
  readonly count: number;
  readonly imageBytes: number;
  readonly checksumsAt: number;
  readonly pixelsAt: number;
}

function layoutFor(
  path: string,
  headerBytes: number,
  [count, height, width, channels]: ImageFileShape,
): ImageFileLayout {
  const checksumsAt = FIXED_BYTES + headerBytes;
  return {
    path,
    count,
    imageBytes: height * width * channels,
    checksumsAt,
    pixelsAt: checksumsAt + 4 * count,
  };
}

/** Finds the layout of a whole file with this key and shape; undefined where there is none. Images are checked as they are read. */
export async function findImageFile(
  path: string,
  key: string,
  shape: ImageFileShape,
): Promise<ImageFileLayout | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const fixed = Buffer.alloc(FIXED_BYTES);
    await file.read(fixed, 0, FIXED_BYTES, 0);
    if (!fixed.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const header = Buffer.alloc(Math.min(fixed.readUInt32LE(MAGIC.length), 4096));
    await file.read(header, 0, header.length, FIXED_BYTES);
    const layout = layoutFor(path, header.length, shape);
    const same = header.equals(headerOf(key, shape));
    return same && (await file.stat()).size === layout.pixelsAt + layout.count * layout.imageBytes
      ? layout
      : undefined;
  } finally {
    await file.close();
  }
}

/** The key says what the images were made from and how: a file with another key is another's. */
const headerOf = (key: string, shape: ImageFileShape) => Buffer.from(JSON.stringify({ key, shape }));

/** Writes a file image by image, in any order, beside its place; `finish` puts it there. */
export class ImageFileWriter {
  readonly #file: FileHandle;
  readonly #building: string;
  readonly #layout: ImageFileLayout;
  readonly #checksums: Uint32Array;

  private constructor(file: FileHandle, building: string, layout: ImageFileLayout) {
    this.#file = file;
    this.#building = building;
    this.#layout = layout;
    this.#checksums = new Uint32Array(layout.count);
  }

  static async create(path: string, key: string, shape: ImageFileShape): Promise<ImageFileWriter> {
    await mkdir(dirname(path), { recursive: true });
    const building = join(dirname(path), `.${basename(path)}.${process.pid}.${Date.now()}`);
    const file = await open(building, 'w');
    const header = headerOf(key, shape);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    await file.write(Buffer.concat([MAGIC, length, header]), 0, null, 0);
    return new ImageFileWriter(file, building, layoutFor(path, header.length, shape));
  }

  async put(index: number, image: Uint8Array): Promise<void> {
    const { pixelsAt, imageBytes } = this.#layout;
    this.#checksums[index] = crc32(image);
    await this.#file.write(image, 0, imageBytes, pixelsAt + index * imageBytes);
  }

  async finish(): Promise<ImageFileLayout> {
    await this.#file.write(new Uint8Array(this.#checksums.buffer), 0, null, this.#layout.checksumsAt);
    await this.#file.close();
    await rename(this.#building, this.#layout.path);
    return this.#layout;
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await rm(this.#building, { force: true });
  }
}

/** Reads single images, synchronously: a worker thread has nothing else to do meanwhile. */
export class ImageFileReader {
  readonly #descriptor: number;
  readonly #layout: ImageFileLayout;
  readonly #checksums: Uint32Array;

  constructor(layout: ImageFileLayout) {
    this.#layout = layout;
    this.#descriptor = openSync(layout.path, 'r');
    this.#checksums = new Uint32Array(layout.count);
    readSync(
      this.#descriptor,
      new Uint8Array(this.#checksums.buffer),
      0,
      4 * layout.count,
      layout.checksumsAt,
    );
  }

  /** Fills `into` with an image. Throws DataError `damaged-cache` where it is not what was written. */
  read(index: number, into: Uint8Array): void {
    const { imageBytes, pixelsAt } = this.#layout;
    readSync(this.#descriptor, into, 0, imageBytes, pixelsAt + index * imageBytes);
    this.#check(index, into.subarray(0, imageBytes));
  }

  /** Fills `into` with all images, and throws likewise. */
  readAll(into: Uint8Array): void {
    const { count, imageBytes, pixelsAt } = this.#layout;
    for (let at = 0; at < into.length; ) {
      const bytes = readSync(
        this.#descriptor,
        into,
        at,
        Math.min(into.length - at, LARGEST_READ),
        pixelsAt + at,
      );
      if (bytes === 0) break;
      at += bytes;
    }
    for (let i = 0; i < count; i++) this.#check(i, into.subarray(i * imageBytes, (i + 1) * imageBytes));
  }

  #check(index: number, image: Uint8Array): void {
    if (crc32(image) === this.#checksums[index]) return;
    const { path } = this.#layout;
    throw new DataError(
      'damaged-cache',
      `Image ${index} in the cache file ${path} is damaged. Remove that file and run again.`,
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

// Decoded images in a file: what a cache keeps, and what a data set larger than memory is trained from.
// Layout, little-endian: magic (8 bytes), length of the header (u32), header (JSON), a CRC-32 per image (u32 each), and
// the images' bytes, one after the other. A whole file is *sealed*: its time of change is set to the one in its header.
// Writing into it afterwards breaks the seal, and only then are images checked against their checksums.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SightlineError } from '@sightline/core';
import { makeFolder, placeBeside } from '@sightline/core/files';
import { isAlive } from '@sightline/core/process';
import type { ParallelJob } from '../workers/parallel.ts';

const MAGIC = Buffer.from('SLIMAGE2');
/** Systems read at most 2 GiB at once. */
const LARGEST_READ = 1 << 28;
const FIXED_BYTES = MAGIC.length + 4;
const MAX_HEADER_BYTES = 1024;

/** [N, height, width, channels]. */
export type ImageFileShape = readonly [count: number, height: number, width: number, channels: 3];

/** Where each image is in a file. Plain data: it goes to worker threads. */
export interface ImageFileLayout {
  readonly path: string;
  readonly count: number;
  readonly imageBytes: number;
  readonly checksumsAt: number;
  readonly pixelsAt: number;
  /** The file's time of change as long as nobody wrote into it: seconds since 1970. */
  readonly sealed: number;
}

/** The header: what the images were made from and how (a file with another key is another's), and the seal. */
interface Header {
  readonly key: string;
  readonly shape: ImageFileShape;
  readonly sealed: number;
}

function layoutFor(path: string, headerBytes: number, { shape, sealed }: Header): ImageFileLayout {
  const [count, height, width, channels] = shape;
  const checksumsAt = FIXED_BYTES + headerBytes;
  return {
    path,
    count,
    imageBytes: height * width * channels,
    checksumsAt,
    pixelsAt: checksumsAt + 4 * count,
    sealed,
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
    const start = Buffer.alloc(FIXED_BYTES + MAX_HEADER_BYTES);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    if (bytesRead < FIXED_BYTES || !start.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const headerBytes = start.readUInt32LE(MAGIC.length);
    const header = parseHeader(start.toString('utf8', FIXED_BYTES, FIXED_BYTES + headerBytes));
    if (header?.key !== key || !shape.every((side, i) => header.shape[i] === side)) return undefined;
    const layout = layoutFor(path, headerBytes, header);
    const { size } = await file.stat();
    return size === layout.pixelsAt + layout.count * layout.imageBytes ? layout : undefined;
  } finally {
    await file.close();
  }
}

function parseHeader(text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}

/** Writes a file, images in any order, beside its place; `finish` puts it there. */
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
    makeFolder(dirname(path));
    await removeAbandoned(path);
    const building = placeBeside(path);
    const file = await open(building, 'w');
    // Even seconds, which every disk can keep.
    const layout = { key, shape, sealed: Math.floor(Date.now() / 2000) * 2 };
    const header = Buffer.from(JSON.stringify(layout));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const writer = new ImageFileWriter(file, building, layoutFor(path, header.length, layout));
    try {
      await file.write(Buffer.concat([MAGIC, length, header]), 0, null, 0);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return writer;
  }

  /** Writes images that follow one another. */
  async put(first: number, images: Uint8Array): Promise<void> {
    const { pixelsAt, imageBytes } = this.#layout;
    for (let at = 0; at < images.length; at += imageBytes) {
      this.#checksums[first + at / imageBytes] = crc32(images.subarray(at, at + imageBytes));
    }
    for (let at = 0; at < images.length; ) {
      const length = Math.min(images.length - at, LARGEST_READ);
      const place = pixelsAt + first * imageBytes + at;
      at += (await this.#file.write(images, at, length, place)).bytesWritten;
    }
  }

  async finish(): Promise<ImageFileLayout> {
    await this.#file.write(new Uint8Array(this.#checksums.buffer), 0, null, this.#layout.checksumsAt);
    await this.#file.utimes(this.#layout.sealed, this.#layout.sealed);
    await this.#file.close();
    await rename(this.#building, this.#layout.path);
    return this.#layout;
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#building, { force: true });
  }
}

/** Removes what processes that were killed had begun for this place. */
async function removeAbandoned(path: string): Promise<void> {
  const start = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(start) || isAlive(Number.parseInt(name.slice(start.length), 10))) continue;
    await rm(join(dirname(path), name), { force: true });
  }
}

/** Reads single images, synchronously: a worker thread has nothing else to do meanwhile. */
export class ImageFileReader {
  readonly #descriptor: number;
  readonly #layout: ImageFileLayout;
  readonly #checksums: Uint32Array;
  readonly #isTrusted: boolean;

  /** Checks each image where the seal is broken, or where all are to be checked. */
  constructor(layout: ImageFileLayout, checkAll = false) {
    this.#layout = layout;
    this.#descriptor = openSync(layout.path, 'r');
    this.#isTrusted = !checkAll && fstatSync(this.#descriptor).mtimeMs === layout.sealed * 1000;
    this.#checksums = new Uint32Array(layout.count);
    readSync(
      this.#descriptor,
      new Uint8Array(this.#checksums.buffer),
      0,
      4 * layout.count,
      layout.checksumsAt,
    );
  }

  /** Fills `into` with an image. Throws SightlineError `damaged-cache` where it is not what was written. */
  read(index: number, into: Uint8Array): void {
    const { imageBytes, pixelsAt } = this.#layout;
    readSync(this.#descriptor, into, 0, imageBytes, pixelsAt + index * imageBytes);
    this.#check(index, into.subarray(0, imageBytes));
  }

  /** Fills `into` with images that follow one another, each at its place among all, and throws likewise. */
  readRows(first: number, count: number, into: Uint8Array): void {
    const { imageBytes, pixelsAt } = this.#layout;
    const end = (first + count) * imageBytes;
    for (let at = first * imageBytes; at < end; ) {
      const bytes = readSync(this.#descriptor, into, at, Math.min(end - at, LARGEST_READ), pixelsAt + at);
      if (bytes === 0) break;
      at += bytes;
    }
    for (let i = first; i < first + count; i++) {
      this.#check(i, into.subarray(i * imageBytes, (i + 1) * imageBytes));
    }
  }

  #check(index: number, image: Uint8Array): void {
    if (this.#isTrusted || crc32(image) === this.#checksums[index]) return;
    const { path } = this.#layout;
    throw new SightlineError(
      'damaged-cache',
      `Image ${index} in the cache file ${path} is damaged. Remove that file and run again.`,
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Bytes of a cache file that a thread takes at once. */
const COPY_BYTES = 1 << 20;

/** Images that a thread takes at once. */
const imagesAtOnce = ({ imageBytes }: ImageFileLayout) => Math.max(1, Math.floor(COPY_BYTES / imageBytes));

export interface CopyInput {
  readonly layout: ImageFileLayout;
  readonly checkAll: boolean;
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/** Parts of a file: what the copy job has as items. */
export const partsOf = (layout: ImageFileLayout) => Math.ceil(layout.count / imagesAtOnce(layout));

/** The job of the worker pool that reads a whole file into memory. */
export const copyJob: ParallelJob<CopyInput> = {
  name: 'copy',
  purpose: 'read files',
  worthThreads: 4,
  processor: ({ layout, checkAll, pixels }) => {
    const reader = new ImageFileReader(layout, checkAll);
    const images = imagesAtOnce(layout);
    return {
      itemsAtOnce: 1,
      isSlow: () => false,
      process: (part) => {
        reader.readRows(part * images, Math.min(images, layout.count - part * images), pixels);
        return true;
      },
      close: () => reader.close(),
    };
  },
};

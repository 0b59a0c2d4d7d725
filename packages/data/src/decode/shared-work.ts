// Work that the threads of the process share: hashing many files, decoding them into shared memory, reading decoded
// images from a cache file. Each thread takes the next few pieces until none is left; this file is one thread's part,
// the same on every thread. Small files are read at once, as reading them side by side takes Node five times as long;
// where a file does take long, as on a slow or distant disk, they are read side by side.

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { reasonOf } from '@sightline/core';
import type { ResizeSettings } from '@sightline/image';
import { decodeImageAtOnce, isLargeByHeader } from './decode-image.ts';
import { FileReader } from './file-reader.ts';
import { type ImageFileLayout, ImageFileReader } from './image-file.ts';

interface Files {
  readonly folder: string;
  /** Relative to the folder; joined by NUL, which no path has, as that is faster to send than an array. */
  readonly paths: string;
}

/** What is to be done, and where results go. Plain data: it goes to worker threads. */
export type SharedTask =
  | ({ readonly kind: 'hash'; readonly digests: Uint8Array<SharedArrayBuffer> } & Files)
  | ({
      readonly kind: 'decode';
      readonly pixels: Uint8Array<SharedArrayBuffer>;
      readonly resize: ResizeSettings;
    } & Files)
  | {
      readonly kind: 'copy';
      readonly layout: ImageFileLayout;
      readonly checkAll: boolean;
      readonly pixels: Uint8Array<SharedArrayBuffer>;
    };

export interface SharedWork {
  readonly task: SharedTask;
  /** How many pieces there are: files, or parts of a cache file. */
  readonly count: number;
  readonly control: Int32Array<SharedArrayBuffer>;
}

/** Places in `control`: the next piece that nobody has taken, how many are done, and whether to stop. */
const NEXT = 0;
export const DONE = 1;
export const STOP = 2;
export const CONTROL_LENGTH = 3;
export const DIGEST_BYTES = 32;

export interface WorkReport {
  /** Pieces that this thread did, well or not. */
  readonly done: number;
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
  /** Files that only decoders with threads of their own can read: left to the thread that asked. */
  readonly left: readonly number[];
}

/** Files that a thread takes at once. */
const FILES_AT_ONCE = 16;
/** Files that a thread reads side by side where reading is slow. */
const LANES = 8;
/** Bytes of a cache file that a thread takes at once. */
const COPY_BYTES = 1 << 20;

/** How many images of a cache file make a piece. */
export const imagesAtOnce = ({ imageBytes }: ImageFileLayout) =>
  Math.max(1, Math.floor(COPY_BYTES / imageBytes));

/** Works until all pieces are taken, or the work is stopped. `onPieces` is called from time to time. */
export async function takePart(
  { task, count, control }: SharedWork,
  onPieces?: () => void,
): Promise<WorkReport> {
  const failures: { index: number; reason: string }[] = [];
  const left: number[] = [];
  let done = 0;
  const hand = task.kind === 'copy' ? copier(task) : fileHand(task);
  const atOnce = task.kind === 'copy' ? 1 : FILES_AT_ONCE;
  const one = async (index: number) => {
    try {
      const result = hand.finish(index);
      if (!(typeof result === 'boolean' ? result : await result)) left.push(index);
    } catch (error) {
      failures.push({ index, reason: reasonOf(error) });
    }
    done++;
    Atomics.add(control, DONE, 1);
  };
  const lane = async () => {
    for (;;) {
      const first = Atomics.add(control, NEXT, atOnce);
      if (first >= count) return;
      for (let index = first; index < Math.min(first + atOnce, count); index++) {
        if (Atomics.load(control, STOP) === 1) return;
        const pending = one(index);
        if (hand.isSlow()) await pending;
      }
      onPieces?.();
      await setImmediate();
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    hand.close();
  }
  return { done, failures, left };
}

interface Hand {
  /** Whether pieces are worth waiting for side by side. */
  isSlow(): boolean;
  /** Does a piece, at once unless reading is slow; false where that takes another decoder. */
  finish(index: number): boolean | Promise<boolean>;
  close(): void;
}

function copier({ layout, checkAll, pixels }: Extract<SharedTask, { kind: 'copy' }>): Hand {
  const reader = new ImageFileReader(layout, checkAll);
  const images = imagesAtOnce(layout);
  const finish = (index: number) => {
    reader.readRows(index * images, Math.min(images, layout.count - index * images), pixels);
    return true;
  };
  return { isSlow: () => false, finish, close: () => reader.close() };
}

function fileHand(task: Exclude<SharedTask, { kind: 'copy' }>): Hand {
  const paths = task.paths.split('\0');
  const reader = new FileReader();
  const refuse = task.kind === 'decode' ? isLargeByHeader : () => false;
  const finish = (index: number) => {
    const place = join(task.folder, paths[index]!);
    if (reader.isSlow) return readFile(place).then((bytes) => result(task, index, bytes));
    const bytes = reader.read(place, refuse);
    return bytes !== undefined && result(task, index, bytes);
  };
  return { isSlow: () => reader.isSlow, finish, close: () => {} };
}

/** Does with a file's bytes what is asked; false where that takes another decoder. */
function result(task: Exclude<SharedTask, { kind: 'copy' }>, index: number, bytes: Uint8Array): boolean {
  if (task.kind === 'hash') {
    task.digests.set(hash('sha256', bytes, 'buffer'), index * DIGEST_BYTES);
    return true;
  }
  const image = decodeImageAtOnce(bytes, task.resize);
  if (image === undefined) return false;
  task.pixels.set(image.data, index * image.data.length);
  return true;
}

// Decodes images as a stream of batches, in order and in bounded memory: the next batches are decoded while a consumer,
// such as a network that computes features, works on the last one.

import { SightlineError } from '@sightline/core';
import { type ResizeOptions, type RgbImage, resizeSettings } from '@sightline/image';
import type { Dataset } from '../dataset/dataset.ts';
import { type FileFailure, unreadableImages } from '../files/failures.ts';
import { decodeJob } from './decode-job.ts';
import { decodeRows, type Progress, type RowOptions } from './decode-rows.ts';

export interface DecodeBatchOptions<Item = unknown> extends ResizeOptions {
  /** Images per batch; the last batch may be smaller. Default: 64. */
  readonly batchSize?: number;
  /** Batches decoded before they are asked for. Default: 2. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
  /** Called with how many images are decoded. */
  readonly onProgress?: Progress;
  /** Called for each image that cannot be decoded, which its batch then leaves out. Default: an error that names all. */
  readonly onFailure?: (failure: FileFailure) => void;
  /**
   * Called with images before they are resized, for what else is to be made of them: those that this thread decodes, not
   * those of worker threads. A rejection counts as a failure of the image.
   */
  readonly onDecoded?: (item: Item, image: RgbImage) => void | Promise<void>;
}

export interface DecodedBatch<Item> {
  /** The images of the batch; a data set's samples have their content hash. */
  readonly items: readonly Item[];
  /** RGB bytes, [items, height, width, 3]; valid until the next batch is asked for. */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/**
 * Decodes images of a data set (or of any file tree) batch by batch. Throws SightlineError `option`; `unreadable-image`
 * that names all files that cannot be decoded, at the first batch with one; an AbortError when cancelled.
 */
export async function* decodeBatches<Item extends { readonly path: string }>(
  { root, files }: Pick<Dataset, 'root' | 'files'>,
  items: readonly Item[],
  options: DecodeBatchOptions<Item>,
): AsyncGenerator<DecodedBatch<Item>, void, undefined> {
  const { batchSize = 64, ahead = 2, signal, onProgress, onFailure, onDecoded } = options;
  const resize = resizeSettings(options);
  for (const [name, value] of Object.entries({ batchSize, ahead })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new SightlineError('option', `${name} must be a whole number of 1 or more, not ${value}.`);
  }
  const rowBytes = resize.size[0] * resize.size[1] * 3;
  const total = items.length;
  const batchCount = Math.ceil(total / batchSize);
  // One for each batch ahead, and the one that the consumer has.
  const buffers = Array.from(
    { length: Math.min(ahead + 1, batchCount) },
    () => new Uint8Array(new SharedArrayBuffer(Math.min(batchSize, total) * rowBytes)),
  );
  const useWorkers = total >= decodeJob.worthThreads;
  const stop = new AbortController();
  const anySignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;

  let last: Promise<unknown> = Promise.resolve();
  const schedule = (batch: number) => {
    const first = batch * batchSize;
    const part = items.slice(first, first + batchSize);
    const pixels = buffers[batch % buffers.length]!.subarray(0, part.length * rowBytes);
    const paths = part.map(({ path }) => path);
    const calls: Pick<RowOptions, 'onProgress' | 'onDecoded'> = {
      ...(onProgress && { onProgress: ({ done }) => onProgress({ done: first + done, total }) }),
      ...(onDecoded && { onDecoded: (index, image) => onDecoded(part[index]!, image) }),
    };
    // One batch at a time, by all threads: the first that is asked for is the first that is done.
    const decoded = last.then(() =>
      decodeRows(files, paths, resize, pixels, { signal: anySignal, useWorkers, ...calls }),
    );
    last = decoded.catch(() => {});
    return { part, pixels, decoded };
  };

  const queue: ReturnType<typeof schedule>[] = [];
  const failed: FileFailure[] = [];
  let scheduled = 0;
  try {
    for (let batch = 0; batch < batchCount; batch++) {
      // The consumer is done with the batch before this one, so its buffer is free.
      while (scheduled < Math.min(batch + buffers.length, batchCount)) queue.push(schedule(scheduled++));
      const { part, pixels, decoded } = queue.shift()!;
      const failures = await decoded;
      if (onFailure) failures.forEach(onFailure);
      else failed.push(...failures);
      // From the first failure on, only the names of the others are wanted.
      if (failed.length === 0) yield withoutFailed(part, pixels, failures, rowBytes);
    }
  } finally {
    stop.abort();
    await last;
  }
  if (failed.length > 0) throw unreadableImages(root, failed);
}

/** The batch less the images that failed; the others move up. */
function withoutFailed<Item extends { readonly path: string }>(
  items: readonly Item[],
  pixels: Uint8Array<SharedArrayBuffer>,
  failures: readonly FileFailure[],
  rowBytes: number,
): DecodedBatch<Item> {
  if (failures.length === 0) return { items, pixels };
  const failed = new Set(failures.map(({ path }) => path));
  const rows = items.flatMap(({ path }, row) => (failed.has(path) ? [] : [row]));
  rows.forEach((row, to) => {
    pixels.copyWithin(to * rowBytes, row * rowBytes, (row + 1) * rowBytes);
  });
  return { items: rows.map((row) => items[row]!), pixels: pixels.subarray(0, rows.length * rowBytes) };
}

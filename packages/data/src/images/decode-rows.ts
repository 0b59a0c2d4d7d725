// Decodes files into rows of pixels: small plain images by all threads, the others by sharp, which has its own.

import { setImmediate } from 'node:timers/promises';
import { isSightlineError, reasonOf } from '@sightline/core';
import { type ResizeSettings, type RgbImage, resizeImage } from '@sightline/image';
import { decodeRgb } from '../decode/decode-image.ts';
import type { FileFailure } from '../files/failures.ts';
import { fileList } from '../files/file-reader.ts';
import type { FileTree } from '../files/file-tree.ts';
import { runParallel } from '../workers/parallel.ts';
import { decodeJob } from './decode-job.ts';

export type Progress = (progress: { readonly done: number; readonly total: number }) => void;

export interface RowOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
  /** Whether worker threads take part. Default: where there are enough images to be worth it. */
  readonly useWorkers?: boolean;
  /** Called with the images that this thread decodes, before they are resized. */
  readonly onDecoded?: (index: number, image: RgbImage) => void | Promise<void>;
}

/** Images under way at once in decoders with threads of their own: a few more than those, so that none waits. */
const CONCURRENCY = 12;

/**
 * Frees the decoder's pixels. The garbage collector counts them as its own, and would mark the whole heap every thirty
 * photographs to find them.
 */
function release({ data }: RgbImage): void {
  const { buffer, byteLength } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Decodes each path into its row of `pixels`; returns those that failed, in order, after trying all of them. */
export async function decodeRows(
  files: FileTree,
  paths: readonly string[],
  resize: ResizeSettings,
  pixels: Uint8Array<SharedArrayBuffer>,
  { signal, onProgress, useWorkers, onDecoded }: RowOptions = {},
): Promise<FileFailure[]> {
  const size = resize.size[0] * resize.size[1] * 3;
  const total = paths.length;
  const failures = new Map<number, string>();
  let left: readonly number[] = paths.map((_, index) => index);
  if (files.disk !== undefined) {
    const input = { files: fileList(files.disk.folder, paths), pixels, resize };
    const onDone = onProgress && ((done: number) => onProgress({ done, total }));
    const report = await runParallel(decodeJob, input, total, { signal, onDone, useWorkers });
    for (const { index, reason } of report.failures) failures.set(index, reason);
    left = report.left;
  }
  let [next, done] = [0, total - left.length];
  const decodeNext = async () => {
    while (next < left.length) {
      signal?.throwIfAborted();
      const index = left[next++]!;
      try {
        const image = await decodeRgb(await files.read(paths[index]!), resize);
        pixels.set(resizeImage(image, resize.size, resize).data, index * size);
        await onDecoded?.(index, image);
        release(image);
      } catch (error) {
        if (isSightlineError(error, 'engine-missing')) throw error;
        failures.set(index, reasonOf(error));
      }
      done++;
      if (done % 64 === 0) {
        onProgress?.({ done, total });
        await setImmediate();
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, decodeNext));
  onProgress?.({ done: total, total });
  const ordered = [...failures].sort(([a], [b]) => a - b);
  return ordered.map(([index, reason]) => ({ path: paths[index]!, reason }));
}

// Decodes a split of a data set into one array. Reading and decoding run on the threads of Node and of the decoders,
// several images at a time, so this thread only resizes.

import { setImmediate } from 'node:timers/promises';
import { type Dataset, type Sample, type SplitName, samplesOf } from '../dataset/dataset.ts';
import type { FileTree } from '../dataset/file-tree.ts';
import { type FileFailure, reasonOf, unreadableImages } from '../error.ts';
import { decodeImage } from './decode-image.ts';
import { checkResize, type ResizeOptions } from './fit-image.ts';
import type { ImageSet } from './image-set.ts';

export interface LoadOptions extends ResizeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Images under way at once: a few more than threads, so that none waits for a file. */
const CONCURRENCY = 12;

/**
 * Loads the images of a split, N of height x width, in the order of its samples. Throws DataError
 * `unreadable-image` that names the files and why, after trying all of them; an AbortError when cancelled.
 */
export async function loadImages(
  dataset: Dataset,
  split: SplitName,
  options: LoadOptions,
): Promise<ImageSet> {
  const samples = samplesOf(dataset, split);
  const resize = checkResize(options);
  const [height, width] = resize.size;
  const data = new Uint8Array(new SharedArrayBuffer(samples.length * height * width * 3));
  const failures = await decodeInto(data, dataset.files, samples, options);
  if (failures.length > 0) throw unreadableImages(dataset.root, failures);
  return {
    data,
    shape: [samples.length, height, width, 3],
    labels: Int32Array.from(samples, ({ label }) => label),
    paths: samples.map(({ path }) => path),
    classes: dataset.classes,
  };
}

/** Decodes each sample into its place; those that fail are returned, in the order of the samples. */
async function decodeInto(
  data: Uint8Array,
  files: FileTree,
  samples: readonly Pick<Sample, 'path'>[],
  options: LoadOptions,
): Promise<FileFailure[]> {
  const resize = checkResize(options);
  const size = resize.size[0] * resize.size[1] * 3;
  const failures = new Map<number, FileFailure>();
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < samples.length) {
      options.signal?.throwIfAborted();
      const index = next++;
      const { path } = samples[index]!;
      try {
        data.set((await decodeImage(await files.read(path), resize)).data, index * size);
      } catch (error) {
        failures.set(index, { path, reason: reasonOf(error) });
      }
      done++;
      if (done % 64 === 0 || done === samples.length) {
        options.onProgress?.({ done, total: samples.length });
        await setImmediate();
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
}

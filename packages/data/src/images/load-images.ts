// Decodes a split of a data set, once: into memory, and, where there is a cache folder, into a file from which the
// next run takes it.

import { hash } from 'node:crypto';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { reasonOf, SightlineError } from '@sightline/core';
import { remedyFor } from '@sightline/core/files';
import { type ResizeOptions, resizeSettings } from '@sightline/image';
import { type Dataset, type SplitName, samplesOf } from '../dataset/dataset.ts';
import { type FileFailure, unreadableImages } from '../files/failures.ts';
import { runParallel } from '../workers/parallel.ts';
import { decodeRows, type Progress } from './decode-rows.ts';
import {
  copyJob,
  findImageFile,
  type ImageFileLayout,
  type ImageFileShape,
  ImageFileWriter,
  partsOf,
} from './image-file.ts';
import type { ImageRows, ImageSet, StoredImages } from './image-set.ts';

export interface LoadOptions extends ResizeOptions {
  /** Where decoded images are kept for the next run. Default: nowhere. */
  readonly cacheDir?: string;
  /** Checks every image of a cache file, also where the file was not touched since it was written. */
  readonly checkCache?: boolean;
  readonly signal?: AbortSignal;
  /** Called with how many images are read and decoded. */
  readonly onProgress?: Progress;
}

/** Bytes of images that are decoded before they are written, where memory does not hold all. */
const SLAB_BYTES = 1 << 26;
/** Part of the key of whatever is kept of decoded images: a decoder that gives other pixels needs another number. */
export const DECODER_VERSION = 5;

/**
 * Loads the images of a split into memory, N of height x width, in the order of its samples. Throws SightlineError
 * `unreadable-image` that names the files and why, after trying all of them, or `memory` where they are more than the
 * machine has; an AbortError when cancelled.
 */
export async function loadImages(
  dataset: Dataset,
  split: SplitName,
  options: LoadOptions,
): Promise<ImageSet> {
  const { rows, key, shape } = describe(dataset, split, options);
  const [count, height, width, channels] = shape;
  const size = height * width * channels;
  const data = memoryFor(dataset, split, count * size);
  const path = options.cacheDir === undefined ? undefined : join(options.cacheDir, `${key}.images`);
  if (path !== undefined && (await readWhole(path, key, shape, data, options))) return { ...rows, data };
  refuse(dataset, await decodeRows(dataset.files, rows.paths, resizeSettings(options), data, options));
  if (path !== undefined) await write(path, key, shape, (writer) => writer.put(0, data));
  return { ...rows, data };
}

/**
 * Loads a split that may be larger than memory: up to `memoryLimit` bytes as loadImages, above into a file in
 * `cacheDir`, from which batches are read. Throws as loadImages does.
 */
export async function openImages(
  dataset: Dataset,
  split: SplitName,
  options: LoadOptions & { readonly cacheDir: string; readonly memoryLimit: number },
): Promise<ImageSet | StoredImages> {
  const { rows, key, shape } = describe(dataset, split, options);
  if (shape.reduce((product, side) => product * side, 1) <= options.memoryLimit)
    return loadImages(dataset, split, options);
  const path = join(options.cacheDir, `${key}.images`);
  const found = await findImageFile(path, key, shape);
  const fill = (writer: ImageFileWriter) => decodeInto(writer, dataset, rows, options);
  return { ...rows, file: found ?? (await write(path, key, shape, fill)) };
}

function memoryFor({ root }: Dataset, split: SplitName, bytes: number): Uint8Array<SharedArrayBuffer> {
  // What a container may use, where the system limits it.
  const most = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  if (bytes <= most) return new Uint8Array(new SharedArrayBuffer(bytes));
  const inGib = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  throw new SightlineError(
    'memory',
    `The ${split} images of ${root} take ${inGib(bytes)}, more than the ${inGib(most)} of this machine. ` +
      'Give a smaller size, or a cache folder to train from: openImages does it, and "sightline train --cache DIR".',
  );
}

/** Decodes slab by slab, so that memory holds one of them at a time. */
async function decodeInto(
  writer: ImageFileWriter,
  dataset: Dataset,
  { paths, shape: [, height, width, channels] }: ImageRows,
  options: LoadOptions,
): Promise<void> {
  const size = height * width * channels;
  const rows = Math.min(paths.length, Math.max(1, Math.floor(SLAB_BYTES / size)));
  const slab = new Uint8Array(new SharedArrayBuffer(rows * size));
  const failures: FileFailure[] = [];
  for (let first = 0; first < paths.length; first += rows) {
    const part = paths.slice(first, first + rows);
    const onProgress: Progress = ({ done }) =>
      options.onProgress?.({ done: first + done, total: paths.length });
    const { signal } = options;
    failures.push(
      ...(await decodeRows(dataset.files, part, resizeSettings(options), slab, { signal, onProgress })),
    );
    await writer.put(first, slab.subarray(0, part.length * size));
  }
  refuse(dataset, failures);
}

function refuse({ root }: Dataset, failures: readonly FileFailure[]): void {
  if (failures.length > 0) throw unreadableImages(root, failures);
}

function describe(dataset: Dataset, split: SplitName, options: LoadOptions) {
  const samples = samplesOf(dataset, split);
  const { size, interpolation, fit } = resizeSettings(options);
  const shape: ImageFileShape = [samples.length, size[0], size[1], 3];
  const rows: ImageRows = {
    shape,
    labels: Int32Array.from(samples, ({ label }) => label),
    paths: samples.map(({ path }) => path),
    classes: dataset.classes,
  };
  // By contents alone: images keep their cache when their folder is moved or its classes are renamed.
  const contents = samples.map((sample) => sample.hash).join('');
  const key = hash('sha256', JSON.stringify([DECODER_VERSION, size, interpolation, fit, contents])).slice(
    0,
    32,
  );
  return { rows, key, shape };
}

/** Whether a whole, sound file was there; a damaged one counts as none, for it can be made again. */
async function readWhole(
  path: string,
  key: string,
  shape: ImageFileShape,
  pixels: Uint8Array<SharedArrayBuffer>,
  { checkCache = false, signal }: LoadOptions,
): Promise<boolean> {
  const layout = await findImageFile(path, key, shape);
  if (layout === undefined) return false;
  const input = { layout, checkAll: checkCache, pixels };
  const { failures } = await runParallel(copyJob, input, partsOf(layout), { signal });
  return failures.length === 0;
}

async function write(
  path: string,
  key: string,
  shape: ImageFileShape,
  fill: (writer: ImageFileWriter) => Promise<void>,
): Promise<ImageFileLayout> {
  let writer: ImageFileWriter | undefined;
  try {
    writer = await ImageFileWriter.create(path, key, shape);
    await fill(writer);
    return await writer.finish();
  } catch (error) {
    await writer?.abandon();
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new SightlineError(
      'cache',
      `The cache folder ${dirname(path)} cannot be written: ${reasonOf(error)}. ${remedyFor(error)}`,
    );
  }
}

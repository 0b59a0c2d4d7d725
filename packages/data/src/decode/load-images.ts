// Decodes a split of a data set, once: into memory, and, where there is a cache folder, into a file from which the
// next run takes it. Reading and decoding run on the threads of Node and of the decoders, so this one only resizes.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Dataset, type Sample, type SplitName, samplesOf } from '../dataset/dataset.ts';
import { DataError, type FileFailure, reasonOf, unreadableImages } from '../error.ts';
import { decodeImage } from './decode-image.ts';
import { checkResize, type ResizeOptions } from './fit-image.ts';
import {
  findImageFile,
  type ImageFileLayout,
  ImageFileReader,
  type ImageFileShape,
  ImageFileWriter,
} from './image-file.ts';
import type { ImageRows, ImageSet, StoredImages } from './image-set.ts';

export interface LoadOptions extends ResizeOptions {
  /** Where decoded images are kept for the next run; nowhere unless given. */
  readonly cacheDir?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Images under way at once: a few more than threads, so that none waits for a file. */
const CONCURRENCY = 12;
/** Part of a cache file's key: a decoder that gives other pixels needs another number. */
const DECODER_VERSION = 1;

/**
 * Loads the images of a split into memory, N of height x width, in the order of its samples. Throws DataError
 * `unreadable-image` that names the files and why, after trying all of them; an AbortError when cancelled.
 */
export async function loadImages(
  dataset: Dataset,
  split: SplitName,
  options: LoadOptions,
): Promise<ImageSet> {
  const { rows, key, shape } = describe(dataset, split, options);
  const [count, height, width, channels] = shape;
  const size = height * width * channels;
  const data = new Uint8Array(new SharedArrayBuffer(count * size));
  const path = options.cacheDir === undefined ? undefined : join(options.cacheDir, `${key}.images`);
  if (path !== undefined && (await readWhole(path, key, shape, data))) return { ...rows, data };
  const set = async (index: number, image: Uint8Array) => data.set(image, index * size);
  await decodeEach(dataset, split, options, set);
  if (path !== undefined) {
    await write(path, key, shape, async (writer) => {
      for (let i = 0; i < count; i++) await writer.put(i, data.subarray(i * size, (i + 1) * size));
    });
  }
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
  const fill = (writer: ImageFileWriter) =>
    decodeEach(dataset, split, options, (i, image) => writer.put(i, image));
  return { ...rows, file: found ?? (await write(path, key, shape, fill)) };
}

function describe(dataset: Dataset, split: SplitName, options: LoadOptions) {
  const samples = samplesOf(dataset, split);
  const { size, interpolation, fit } = checkResize(options);
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
  data: Uint8Array,
): Promise<boolean> {
  const layout = await findImageFile(path, key, shape);
  if (layout === undefined) return false;
  const reader = new ImageFileReader(layout);
  try {
    reader.readAll(data);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  } finally {
    reader.close();
  }
}

async function write(
  path: string,
  key: string,
  shape: ImageFileShape,
  fill: (writer: ImageFileWriter) => Promise<void>,
): Promise<ImageFileLayout> {
  const writer = await ImageFileWriter.create(path, key, shape);
  try {
    await fill(writer);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return writer.finish();
}

/** Decodes every sample and hands it on. Throws when all are tried, if any failed. */
async function decodeEach(
  { root, files, ...dataset }: Dataset,
  split: SplitName,
  options: LoadOptions,
  put: (index: number, image: Uint8Array) => Promise<void>,
): Promise<void> {
  const samples: readonly Pick<Sample, 'path'>[] = samplesOf(dataset, split);
  const resize = checkResize(options);
  const failures = new Map<number, FileFailure>();
  let [next, done] = [0, 0];
  const lane = async () => {
    while (next < samples.length) {
      options.signal?.throwIfAborted();
      const index = next++;
      const { path } = samples[index]!;
      const image = await files
        .read(path)
        .then((bytes) => decodeImage(bytes, resize))
        .catch((error: unknown) => {
          failures.set(index, { path, reason: reasonOf(error) });
        });
      if (image) await put(index, image.data);
      done++;
      if (done % 64 === 0 || done === samples.length) {
        options.onProgress?.({ done, total: samples.length });
        await setImmediate();
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  const ordered = [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
  if (ordered.length > 0) throw unreadableImages(root, ordered);
}

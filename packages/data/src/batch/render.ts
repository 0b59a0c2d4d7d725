// Renders a batch: the same function in a worker thread and on the main one, so both give the same numbers.

import { applyAugmentation, sampleAugmentation } from '../augment/augmentation.ts';
import { type AugmentationSettings, augmentationSettings } from '../augment/operations.ts';
import { type Mix, mix } from '../augment/ops/mix.ts';
import {
  type FeatureStatistics,
  type Samplewise,
  standardize,
  standardizeImage,
} from '../augment/standardize.ts';
import { type ImageFileLayout, ImageFileReader } from '../images/image-file.ts';
import { randomFor } from '../random/random.ts';
import type { Call } from '../workers/pool-worker.ts';
import type { Job } from '../workers/serve.ts';

/** All that a thread needs to render a source's batches; bytes in memory are shared, not copied. */
export interface Recipe {
  readonly pixels: Uint8Array | ImageFileLayout;
  readonly height: number;
  readonly width: number;
  readonly seed: number;
  readonly augmentation: AugmentationSettings | null;
  /** What pixel values are multiplied by. */
  readonly rescale: number;
  readonly samplewise: Samplewise | null;
  readonly statistics: FeatureStatistics | null;
}

/** What is sampled for an image in an epoch: a function of the seed, the epoch and the image alone. */
function parametersFor({ seed, augmentation, height, width }: Recipe, epoch: number, row: number) {
  if (augmentation === null) return {};
  const stream = (name: string, inEachEpoch: boolean) =>
    inEachEpoch ? randomFor(seed, row, name) : randomFor(seed, epoch, row, name);
  return sampleAugmentation(augmentation, { height, width }, stream, epoch);
}

/** Where no augmentation was asked for: nothing is sampled, so nothing is filled. */
const PLAIN = augmentationSettings({});

/** How the rows of a batch are mixed with each other; null where they are not. */
export function mixFor(
  { seed, augmentation, height, width }: Recipe,
  epoch: number,
  batch: number,
): Mix | null {
  if (!augmentation?.mix) return null;
  return mix.sample(augmentation.mix, { height, width }, randomFor(seed, epoch, batch, mix.name));
}

interface RowReader {
  /** The bytes of an image and where in them it begins. */
  readonly read: (row: number) => { readonly pixels: Uint8Array; readonly from: number };
  readonly close: () => void;
}

const readers = new WeakMap<Recipe, RowReader>();

function readerFor(recipe: Recipe): RowReader {
  const reader = readers.get(recipe) ?? createReader(recipe);
  readers.set(recipe, reader);
  return reader;
}

function createReader({ pixels, height, width }: Recipe): RowReader {
  const size = height * width * 3;
  if (pixels instanceof Uint8Array) {
    return { read: (row) => ({ pixels, from: row * size }), close: () => {} };
  }
  const file = new ImageFileReader(pixels);
  const image = new Uint8Array(size);
  const read = (row: number) => {
    file.read(row, image);
    return { pixels: image, from: 0 };
  };
  return { read, close: () => file.close() };
}

/** Which rows of which batch to render. */
export interface BatchRows {
  readonly epoch: number;
  readonly batch: number;
  readonly rows: Uint32Array;
}

/** Renders the rows of a batch into `out`, one after the other: pixel values times `rescale`, standardized where asked. */
export function renderRows(recipe: Recipe, { epoch, batch, rows }: BatchRows, out: Float32Array): void {
  const { height, width, samplewise } = recipe;
  const size = height * width * 3;
  const { read } = readerFor(recipe);
  rows.forEach((row, i) => {
    const parameters = parametersFor(recipe, epoch, row);
    applyAugmentation(
      { ...read(row), height, width },
      parameters,
      recipe.augmentation ?? PLAIN,
      out,
      i * size,
      recipe.rescale,
    );
    if (samplewise !== null) standardizeImage(out.subarray(i * size, (i + 1) * size), samplewise);
  });
  if (recipe.statistics !== null) standardize(out.subarray(0, rows.length * size), recipe.statistics);
  const mixed = mixFor(recipe, epoch, batch);
  if (mixed !== null) mix.apply(out, rows.length, { height, width }, mixed);
}

const RENDER = 'render';

interface RenderInput {
  readonly rows: BatchRows;
  readonly out: Float32Array<SharedArrayBuffer>;
}

/** The call of the worker pool's job that renders rows; the context is the recipe. */
export function renderCall(context: number, rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Call {
  // A copy of the rows, as their memory is the whole epoch's.
  const input: RenderInput = { rows: { ...rows, rows: rows.rows.slice() }, out };
  return { job: RENDER, context, input, purpose: 'prepare a batch' };
}

/** The worker's side of it. */
export const renderJob: Job = {
  run: (input, recipe) => {
    const { rows, out } = input as RenderInput;
    renderRows(recipe as Recipe, rows, out);
  },
  close: (recipe) => {
    readers.get(recipe as Recipe)?.close();
    readers.delete(recipe as Recipe);
  },
};

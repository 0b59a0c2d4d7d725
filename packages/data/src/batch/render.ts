// Draws a batch: the same function in a worker thread and on the main one, so both give the same numbers.

import { applyAugmentation, sampleAugmentation } from '../augment/augmentation.ts';
import { type AugmentationSettings, augmentationSettings } from '../augment/operations.ts';
import { type Mix, mix } from '../augment/ops/mix.ts';
import { randomFor } from '../augment/random.ts';
import {
  type FeatureStatistics,
  type Samplewise,
  standardize,
  standardizeImage,
} from '../augment/standardize.ts';
import { type ImageFileLayout, ImageFileReader } from '../decode/image-file.ts';

/** All that a thread needs to know of a source; bytes in memory are shared, not copied. */
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
  return sampleAugmentation(augmentation, { height, width }, (name) => randomFor(seed, epoch, row, name));
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

/** Closes what this thread holds open for a recipe. */
export function releaseRecipe(recipe: Recipe): void {
  readers.get(recipe)?.close();
  readers.delete(recipe);
}

/** Which rows of which batch are to be drawn. */
export interface BatchRows {
  readonly epoch: number;
  readonly batch: number;
  readonly rows: Uint32Array;
}

/** Draws the rows of a batch into `out`, one after the other: levels times `rescale`, standardized where asked. */
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

// Draws a batch: the same function in a worker thread and on the main one, so both give the same numbers.

import {
  type AugmentationOptions,
  applyParameters,
  drawParameters,
  NEUTRAL,
} from '../augment/augmentation.ts';
import { randomFor } from '../augment/random.ts';
import { type ImageFileLayout, ImageFileReader } from '../decode/image-file.ts';

/** Keeps the streams that augment images apart from the one that orders them. */
const AUGMENT_STREAM = 2;

/** All that a thread needs to know of a source; bytes in memory are shared, not copied. */
export interface Recipe {
  readonly pixels: Uint8Array | ImageFileLayout;
  readonly height: number;
  readonly width: number;
  readonly seed: number;
  readonly augmentation: AugmentationOptions | null;
}

/** What is drawn for an image in an epoch: a function of the seed, the epoch and the image alone. */
export function parametersFor({ seed, augmentation, height, width }: Recipe, epoch: number, row: number) {
  if (augmentation === null) return NEUTRAL;
  return drawParameters(augmentation, height, width, randomFor(seed, AUGMENT_STREAM, epoch, row));
}

/** Gives the bytes of an image and where in them it begins. */
type RowReader = (row: number) => { readonly pixels: Uint8Array; readonly from: number };

const readers = new WeakMap<Recipe, RowReader>();

function readerFor(recipe: Recipe): RowReader {
  const known = readers.get(recipe);
  if (known !== undefined) return known;
  const { pixels, height, width } = recipe;
  const size = height * width * 3;
  let reader: RowReader;
  if (pixels instanceof Uint8Array) {
    reader = (row) => ({ pixels, from: row * size });
  } else {
    const file = new ImageFileReader(pixels);
    const image = new Uint8Array(size);
    reader = (row) => {
      file.read(row, image);
      return { pixels: image, from: 0 };
    };
  }
  readers.set(recipe, reader);
  return reader;
}

/** Draws the rows of an epoch into `out`, one after the other, in [0, 1]. */
export function renderRows(recipe: Recipe, epoch: number, rows: Uint32Array, out: Float32Array): void {
  const { height, width } = recipe;
  const size = height * width * 3;
  const read = readerFor(recipe);
  rows.forEach((row, i) => {
    const parameters = parametersFor(recipe, epoch, row);
    applyParameters(
      { ...read(row), height, width },
      parameters,
      recipe.augmentation ?? {},
      out,
      i * size,
      1 / 255,
    );
  });
}

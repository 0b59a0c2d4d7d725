// Draws a batch: the same function in a worker thread and on the main one, so both give the same numbers.

import {
  type AugmentationOptions,
  applyParameters,
  drawParameters,
  NEUTRAL,
} from '../augment/augmentation.ts';
import { randomFor } from '../augment/random.ts';

/** Keeps the streams that augment images apart from the one that orders them. */
const AUGMENT_STREAM = 2;

/** All that a thread needs to know of a source; its bytes are shared, not copied. */
export interface Recipe {
  readonly pixels: Uint8Array;
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

/** Draws the rows of an epoch into `out`, one after the other, in [0, 1]. */
export function renderRows(recipe: Recipe, epoch: number, rows: Uint32Array, out: Float32Array): void {
  const { pixels, height, width } = recipe;
  const size = height * width * 3;
  rows.forEach((row, i) => {
    const source = { pixels, from: row * size, height, width };
    const parameters = parametersFor(recipe, epoch, row);
    applyParameters(source, parameters, recipe.augmentation ?? {}, out, i * size, 1 / 255);
  });
}

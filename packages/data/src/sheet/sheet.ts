// Sheets: which pictures to show of a data set and of an augmentation, as tiles of equal size. Drawing them into one
// picture is @sightline/viz's; what each tile shows is said here, so that a page can say it too.

import {
  type AugmentationOptions,
  applyParameters,
  drawParameters,
  NEUTRAL,
} from '../augment/augmentation.ts';
import { checkAugmentation } from '../augment/check-options.ts';
import { randomFor, shuffled } from '../augment/random.ts';
import { type ImageSet, imageAt } from '../decode/image-set.ts';
import type { RgbImage } from '../decode/resize.ts';

const SAMPLE_STREAM = 4;
const SHEET_STREAM = 5;

export interface SampleTile {
  readonly image: RgbImage;
  readonly path: string;
  /** Class name. */
  readonly label: string;
}

export interface AugmentedTile extends SampleTile {
  /** What was done to the image: only what differs from nothing. Empty for the image as it is. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Images drawn at random, as many of each class as of the others, classes taking turns. The same for the same seed. */
export function sampleTiles(images: ImageSet, count: number, seed: number): SampleTile[] {
  const order = shuffled(images.labels.length, randomFor(seed, SAMPLE_STREAM));
  const byClass = images.classes.map((_, label) => [...order].filter((i) => images.labels[i] === label));
  const rounds = Math.max(...byClass.map(({ length }) => length));
  const turns = Array.from({ length: rounds }, (_, round) =>
    byClass.flatMap((members) => members.slice(round, round + 1)),
  );
  return turns
    .flat()
    .slice(0, count)
    .map((index) => tile(images, index));
}

/**
 * A row for each image: the image as it is, then `versions` of it, augmented. The rows follow one another; a sheet
 * with `versions + 1` columns shows before and after side by side. Throws DataError `option` as imageSource does.
 */
export function augmentedTiles(
  images: ImageSet,
  indices: readonly number[],
  augmentation: AugmentationOptions,
  versions: number,
  seed: number,
): AugmentedTile[] {
  checkAugmentation(augmentation);
  const [, height, width] = images.shape;
  const out = new Float32Array(height * width * 3);
  return indices.flatMap((index) => {
    const source = { pixels: imageAt(images, index), from: 0, height, width };
    const before: AugmentedTile = { ...tile(images, index), parameters: {} };
    const after = Array.from({ length: versions }, (_, version) => {
      const parameters = drawParameters(
        augmentation,
        height,
        width,
        randomFor(seed, SHEET_STREAM, index, version),
      );
      applyParameters(source, parameters, augmentation, out, 0, 1);
      const image = { data: Uint8Array.from(Uint8ClampedArray.from(out)), height, width };
      const neutral: Readonly<Record<string, unknown>> = { ...NEUTRAL };
      const done = Object.entries(parameters).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(neutral[name]),
      );
      return { ...before, image, parameters: Object.fromEntries(done) };
    });
    return [before, ...after];
  });
}

function tile(images: ImageSet, index: number): SampleTile {
  const [, height, width] = images.shape;
  const image = { data: imageAt(images, index), height, width };
  return { image, path: images.paths[index]!, label: images.classes[images.labels[index]!]! };
}

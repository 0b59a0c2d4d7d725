// Sheets: which pictures to show of a data set and of an augmentation, as tiles of equal size. Drawing them into one
// picture is @sightline/viz's; what each tile shows is said here, so that a page can say it too.

import type { RgbImage } from '@sightline/image';
import {
  type AugmentationOptions,
  type AugmentationParameters,
  applyParameters,
  drawParameters,
  NEUTRAL,
} from '../augment/augmentation.ts';
import { checkAugmentation } from '../augment/check-options.ts';
import { drawMix, type MixOptions, mixImages } from '../augment/mix.ts';
import { randomFor, shuffled } from '../augment/random.ts';
import { type ImageSet, imageAt } from '../decode/image-set.ts';

const SAMPLE_STREAM = 4;
const SHEET_STREAM = 5;
const MIX_STREAM = 6;

export interface SampleTile {
  readonly image: RgbImage;
  readonly path: string;
  /** Class name. */
  readonly label: string;
}

export interface AugmentedTile extends SampleTile {
  /**
   * What was done to the image: only what differs from nothing, and, where it was mixed with another, `mix` with that
   * one's path, label and share. Empty for the image as it is.
   */
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
 * with `versions + 1` columns shows before and after side by side. Throws SightlineError `option` as imageSource does.
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
  const size = height * width * 3;
  const draw = (index: number, version: number) => {
    const random = randomFor(seed, SHEET_STREAM, index, version);
    const parameters = drawParameters(augmentation, height, width, random);
    const levels = new Float32Array(size);
    const source = { pixels: imageAt(images, index), from: 0, height, width };
    applyParameters(source, parameters, augmentation, levels, 0, 1);
    return { levels, done: withoutNeutral(parameters) };
  };
  /** The image mixed with the one that follows it, as a batch mixes its rows in pairs. */
  const drawMixed = (index: number, next: number, version: number, options: MixOptions) => {
    const { levels, done } = draw(index, version);
    const both = new Float32Array(2 * size);
    both.set(levels);
    both.set(draw(next, version).levels, size);
    const mix = drawMix(options, height, width, randomFor(seed, MIX_STREAM, index, version));
    mixImages(both, 2, height, width, mix);
    const { path, label } = tile(images, next);
    const { share, box } = mix;
    return {
      levels: both.subarray(0, size),
      done: { ...done, mix: { share, path, label, ...(box && { box }) } },
    };
  };
  return indices.flatMap((index, at) => {
    const before: AugmentedTile = { ...tile(images, index), parameters: {} };
    const after = Array.from({ length: versions }, (_, version) => {
      const next = indices[(at + 1) % indices.length]!;
      const { mix } = augmentation;
      const { levels, done } = mix ? drawMixed(index, next, version, mix) : draw(index, version);
      const image = { data: Uint8Array.from(Uint8ClampedArray.from(levels)), height, width };
      return { ...before, image, parameters: done };
    });
    return [before, ...after];
  });
}

function withoutNeutral(parameters: AugmentationParameters): Readonly<Record<string, unknown>> {
  const neutral: Readonly<Record<string, unknown>> = { ...NEUTRAL };
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(neutral[name]),
    ),
  );
}

function tile(images: ImageSet, index: number): SampleTile {
  const [, height, width] = images.shape;
  const image = { data: imageAt(images, index), height, width };
  return { image, path: images.paths[index]!, label: images.classes[images.labels[index]!]! };
}

// The tiles of an image grid: which images to show of a data set, and what an augmentation makes of them. Rendering them
// into one picture is @sightline/viz's; what each tile shows is said here, so that a page can say it too.

import type { RgbImage } from '@sightline/image';
import { applyAugmentation, sampleAugmentation } from '../augment/augmentation.ts';
import { type AugmentationOptions, augmentationSettings } from '../augment/operations.ts';
import { mix } from '../augment/ops/mix.ts';
import { type ImageSet, imageAt } from '../images/image-set.ts';
import { randomFor, shuffled } from '../random/random.ts';

const SAMPLE_STREAM = 4;

export interface SampleTile {
  readonly image: RgbImage;
  readonly path: string;
  /** Class name. */
  readonly label: string;
}

export interface AugmentedTile extends SampleTile {
  /**
   * What was done to the image, by operation. Where it was mixed with another, `mix` has that one's path, label and
   * share. Empty for the image as it is.
   */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Images at random, as many of each class as of the others, classes taking turns. The same for the same seed. */
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
 * A row per image: the image as it is, then `versions` of it, augmented. The rows follow one another; a grid with
 * `versions + 1` columns shows before and after side by side. Throws SightlineError `option` as imageSource does.
 */
export function augmentedTiles(
  images: ImageSet,
  indices: readonly number[],
  augmentation: AugmentationOptions,
  versions: number,
  seed: number,
): AugmentedTile[] {
  const settings = augmentationSettings(augmentation);
  const [, height, width] = images.shape;
  const size = { height, width };
  const length = height * width * 3;
  const stream =
    (index: number, version: number) =>
    (name: string, inEachEpoch = false) =>
      inEachEpoch
        ? randomFor(seed, 'preview', index, name)
        : randomFor(seed, 'preview', index, version, name);
  const augment = (index: number, version: number) => {
    const parameters = sampleAugmentation(settings, size, stream(index, version), version);
    const values = new Float32Array(length);
    const source = { pixels: imageAt(images, index), from: 0, height, width };
    applyAugmentation(source, parameters, settings, values, 0, 1);
    return { values, parameters };
  };
  /** Mixes the image with the one that follows it, as a batch mixes its rows in pairs. */
  const augmentMixed = (index: number, next: number, version: number, options: typeof settings.mix & {}) => {
    const { values, parameters } = augment(index, version);
    const pair = new Float32Array(2 * length);
    pair.set(values);
    pair.set(augment(next, version).values, length);
    const mixed = mix.sample(options, size, stream(index, version)(mix.name));
    mix.apply(pair, 2, size, mixed);
    const { path, label } = tile(images, next);
    const { share, box } = mixed;
    return {
      values: pair.subarray(0, length),
      parameters: { ...parameters, mix: { share, path, label, ...(box && { box }) } },
    };
  };
  return indices.flatMap((index, at) => {
    const before: AugmentedTile = { ...tile(images, index), parameters: {} };
    const after = Array.from({ length: versions }, (_, version) => {
      const next = indices[(at + 1) % indices.length]!;
      const { values, parameters } = settings.mix
        ? augmentMixed(index, next, version, settings.mix)
        : augment(index, version);
      const image = { data: Uint8Array.from(Uint8ClampedArray.from(values)), height, width };
      return { ...before, image, parameters };
    });
    return [before, ...after];
  });
}

function tile(images: ImageSet, index: number): SampleTile {
  const [, height, width] = images.shape;
  const image = { data: imageAt(images, index), height, width };
  return { image, path: images.paths[index]!, label: images.classes[images.labels[index]!]! };
}

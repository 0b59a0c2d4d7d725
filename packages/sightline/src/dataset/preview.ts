/** Images of a data set as one picture, as they are and augmented. */

import { SightlineError } from '@sightline/core';
import { writeFileAtomic } from '@sightline/core/files';
import {
  type AugmentationOptions,
  type AugmentationParameters,
  type AugmentedTile,
  augmentedTiles,
  type Dataset,
  describeAugmentation,
  type Fit,
  type Interpolation,
  loadImages,
  openDataset,
  randomFor,
  type Sample,
  type SplitName,
  samplesOf,
  sampleTiles,
  shuffled,
} from '@sightline/data';
import { parseExperiment } from '@sightline/models/experiment';
import { captionedSheet, encodePng } from '@sightline/viz/images';
import { type DataOverrides, dataOptionsOf } from '../config/data-overrides.ts';
import { type WorkOptions, workOf } from '../events.ts';
import { openOptions } from './open-in-order.ts';

export interface PreviewOptions extends WorkOptions, DataOverrides {
  /** The picture, a `.png`. Default: `preview.png`. */
  readonly out?: string | undefined;
  /** Shows each image before and after. */
  readonly augment?: AugmentationOptions | undefined;
  /** Images. Default: 24, or 8 with `augment`. */
  readonly count?: number | undefined;
  /** Augmented versions of each image. Default: 3. */
  readonly versions?: number | undefined;
  /** Default: train. */
  readonly split?: SplitName | undefined;
  /** Height and width of each image. Default: 64x64. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  /** Default: bilinear. */
  readonly interpolation?: Interpolation | undefined;
  /** How an image of another aspect ratio fits. Default: stretch. */
  readonly fit?: Fit | undefined;
  /** Which images, and the random numbers of their augmentation. Default: 1. */
  readonly seed?: number | undefined;
}

export interface Preview {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Images, without their augmented versions. */
  readonly images: number;
  readonly tiles: readonly {
    readonly path: string;
    readonly label: string;
    readonly parameters: Partial<AugmentationParameters>;
  }[];
}

const COLUMNS = 8;

/** @see preview in the package's index */
export async function preview(root: string, options: PreviewOptions = {}): Promise<Preview> {
  const { signal } = workOf(options);
  const { augment, out = 'preview.png', versions = 3, split = 'train', seed = 1 } = options;
  const { count = augment ? 8 : 24, imageSize = [64, 64] } = options;
  const { interpolation, fit } = parseExperiment({ interpolation: options.interpolation, fit: options.fit });
  const chosen = spreadOver(
    await openDataset(root, { ...openOptions(dataOptionsOf(options)), signal }),
    split,
    count,
    seed,
  );
  if (samplesOf(chosen, split).length === 0) {
    throw new SightlineError('data', `${root} has no ${split} images.`);
  }
  const images = await loadImages(chosen, split, { size: imageSize, interpolation, fit, signal });
  const rows = images.paths.map((_, i) => i);
  const tiles: AugmentedTile[] = augment
    ? augmentedTiles(images, rows, augment, versions, seed)
    : sampleTiles(images, count, seed).map((tile) => ({ ...tile, parameters: {} }));
  const isBefore = (index: number) => !augment || index % (versions + 1) === 0;
  const sheet = captionedSheet(
    tiles.map(({ image, label, parameters }, i) => ({
      image,
      title: isBefore(i) ? label : 'augmented',
      detail: augment ? (isBefore(i) ? 'as it is' : describeAugmentation(parameters)) : '',
    })),
    { columns: augment ? versions + 1 : Math.min(COLUMNS, tiles.length) },
  );
  writeFileAtomic(out, encodePng(sheet));
  return {
    file: out,
    width: sheet.width,
    height: sheet.height,
    images: images.paths.length,
    tiles: tiles.map(({ path, label, parameters }) => ({ path, label, parameters })),
  };
}

/** The data set with some images of one split only, equally many of each class. */
function spreadOver(dataset: Dataset, split: SplitName, count: number, seed: number): Dataset {
  const all = samplesOf(dataset, split);
  const order = [...shuffled(all.length, randomFor(seed, 0))].map((index) => all[index]!);
  const byClass = dataset.classes.map((_, label) => order.filter((sample) => sample.label === label));
  const rounds = Array.from({ length: count }, (_, round) => byClass.flatMap((of) => of[round] ?? []));
  const chosen: Sample[] = rounds.flat().slice(0, count);
  return { ...dataset, splits: { train: [], validation: [], [split]: chosen } };
}

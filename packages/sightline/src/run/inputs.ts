/**
 * What goes into a network: batches of images, or of the features that VGG16 gave of them, and how many numbers a
 * row has.
 */
import {
  arraySource,
  type BatchSource,
  type Dataset,
  type ImageSet,
  imageSource,
  loadImages,
  openImages,
  type SplitName,
  type StoredImages,
  samplesOf,
} from '@sightline/data';
import type { Features } from '@sightline/runs';
import type { Settings } from '../experiment/settings.ts';
import type { Output } from '../terminal/output.ts';
import { featuresOf } from './features.ts';

export interface Inputs {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  /** The training rows in their order, without augmentation. */
  readonly trainAsIs: BatchSource;
  /** Of the validation rows, in their order: paths relative to the data set's root. */
  readonly validationPaths: readonly string[];
}

/** Loads what the experiment trains on. Features are computed if those on disk are not of this data set. */
export async function loadInputs(
  dataset: Dataset,
  settings: Settings,
  context: { output: Output; signal: AbortSignal },
): Promise<Inputs> {
  return settings.experiment.input === 'vgg16-features'
    ? featureInputs(dataset, settings, context)
    : imageInputs(dataset, settings, context.signal);
}

async function imageInputs(dataset: Dataset, settings: Settings, signal: AbortSignal): Promise<Inputs> {
  const [train, validation] = await Promise.all([
    imagesOf(dataset, 'train', settings, signal),
    imagesOf(dataset, 'validation', settings, signal),
  ]);
  const { batchSize, augmentation = null } = settings.experiment;
  const { seed } = settings;
  return {
    train: imageSource(train, { batchSize, seed, shuffle: true, augmentation }),
    validation: imageSource(validation, { batchSize, seed, shuffle: false }),
    trainAsIs: imageSource(train, { batchSize, seed, shuffle: false, workers: 0 }),
    validationPaths: validation.paths,
  };
}

/** In memory, or, where that is more than is wanted there, in a file of the cache. */
function imagesOf(
  dataset: Dataset,
  split: SplitName,
  { resize, cacheDir, memoryLimit }: Settings,
  signal: AbortSignal,
): Promise<ImageSet | StoredImages> {
  if (cacheDir === undefined) return loadImages(dataset, split, { ...resize, signal });
  return openImages(dataset, split, { ...resize, cacheDir, memoryLimit, signal });
}

async function featureInputs(
  dataset: Dataset,
  settings: Settings,
  context: { output: Output; signal: AbortSignal },
): Promise<Inputs> {
  const { train, validation } = await featuresOf(dataset, settings, context);
  const { batchSize } = settings.experiment;
  const { seed } = settings;
  const source = ({ data, shape, rows, classes }: Features, shuffle: boolean) => {
    const labels = Int32Array.from(rows, ({ label }) => label);
    return arraySource({ data, shape, labels, classes }, { batchSize, seed, shuffle });
  };
  return {
    train: source(train, true),
    validation: source(validation, false),
    trainAsIs: source(train, false),
    validationPaths: samplesOf(dataset, 'validation').map(({ path }) => path),
  };
}

/** What goes into a network: batches of images, or of the features that VGG16 computed from them. */
import {
  arraySource,
  type BatchSource,
  type Dataset,
  type ImageSet,
  imageSource,
  loadImages,
  openImages,
  readTogether,
  type SplitName,
  type StoredImages,
  samplesOf,
} from '@sightline/data';
import { loadBackbone, type RunBackbone } from '@sightline/models';
import type { Features } from '@sightline/runs';
import type { Settings } from '../config/settings.ts';
import { featuresOf } from '../dataset/features.ts';
import type { Work } from '../events.ts';

export interface Inputs {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  /** The training rows in their order, without augmentation. */
  readonly trainEval: BatchSource;
  /** Held out until the end, where there are images for testing. */
  readonly test?: BatchSource | undefined;
  /** Paths of the validation rows, relative to the data set's root. */
  readonly validationPaths: readonly string[];
  /** For features: their backbone, with some validation images. */
  readonly backbone?: RunBackbone;
}

/** Loads what the experiment trains on. Features are computed if those on disk are not of this data set. */
export const loadInputs = (dataset: Dataset, settings: Settings, work: Work): Promise<Inputs> =>
  settings.experiment.backbone === null
    ? imageInputs(dataset, settings, work)
    : featureInputs(dataset, settings, work);

async function imageInputs(dataset: Dataset, settings: Settings, { signal }: Work): Promise<Inputs> {
  const isTested = samplesOf(dataset, 'test').length > 0;
  const [train, validation, test] = await readTogether(dataset.root, [
    imagesOf(dataset, 'train', settings, signal),
    imagesOf(dataset, 'validation', settings, signal),
    isTested ? imagesOf(dataset, 'test', settings, signal) : undefined,
  ]);
  const { batchSize, augmentation } = settings.experiment;
  const { seed } = settings;
  return {
    train: imageSource(train, { batchSize, seed, shuffle: true, augmentation }),
    validation: imageSource(validation, { batchSize, seed, shuffle: false }),
    trainEval: imageSource(train, { batchSize, seed, shuffle: false, workers: 0 }),
    test: test && imageSource(test, { batchSize, seed, shuffle: false, workers: 0 }),
    validationPaths: validation.paths,
  };
}

/** In memory, or in a file of the cache where they exceed the memory limit. */
function imagesOf(
  dataset: Dataset,
  split: SplitName,
  { resize, cacheDir, memoryLimit }: Settings,
  signal: AbortSignal,
): Promise<ImageSet | StoredImages> {
  if (cacheDir === undefined) return loadImages(dataset, split, { ...resize, signal });
  return openImages(dataset, split, { ...resize, cacheDir, memoryLimit, signal });
}

async function featureInputs(dataset: Dataset, settings: Settings, work: Work): Promise<Inputs> {
  const backbone = settings.experiment.backbone!;
  // First: once the features are there, nothing needs the images any more.
  const pixels = firstPixels(dataset, settings, work);
  // Of images that cannot be read, the features name all.
  pixels.catch(() => {});
  const { train, validation, test } = await featuresOf(
    dataset,
    { ...settings, ...settings.experiment, backbone },
    work,
  );
  const { batchSize } = settings.experiment;
  const { seed } = settings;
  const source = ({ data, shape, rows, classes }: Features, shuffle: boolean) => {
    const labels = Int32Array.from(rows, ({ label }) => label);
    return arraySource({ data, shape, labels, classes }, { batchSize, seed, shuffle });
  };
  return {
    train: source(train, true),
    validation: source(validation, false),
    trainEval: source(train, false),
    test: test && source(test, false),
    validationPaths: samplesOf(dataset, 'validation').map(({ path }) => path),
    backbone: {
      network: await loadBackbone(backbone, undefined, settings.experiment.inputRange),
      pixels: await pixels,
    },
  };
}

/** Enough images to notice that an exported model differs. */
const CHECKED_IMAGES = 32;

/** The pixels of the first validation images. */
async function firstPixels(dataset: Dataset, { resize }: Settings, { signal }: Work): Promise<Uint8Array> {
  const validation = samplesOf(dataset, 'validation').slice(0, CHECKED_IMAGES);
  const few = { ...dataset, splits: { ...dataset.splits, validation } };
  return (await loadImages(few, 'validation', { ...resize, signal })).data;
}

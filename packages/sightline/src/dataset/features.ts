/** A backbone's features of a data set: computed once and kept, read again while images and size are the same. */

import { isDeepStrictEqual } from 'node:util';
import { calibrate, openBackbone } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import {
  type Dataset,
  type ImageSet,
  loadImages,
  type ResizeOptions,
  type SplitName,
  samplesOf,
} from '@sightline/data';
import { loadBackbone } from '@sightline/models';
import type { Provider } from '@sightline/ort';
import { type Features, readFeatures, writeFeatures } from '@sightline/runs';
import type { Work } from '../events.ts';

export interface FeatureSettings {
  /** The name of the backbone. */
  readonly backbone: string;
  readonly resize: Required<ResizeOptions>;
  /** The folder that the features are kept in. */
  readonly features: string;
}

/** The features of the training and validation images: from disk if they are there, else computed and written. */
export async function featuresOf(
  dataset: Dataset,
  settings: FeatureSettings,
  work: Work,
): Promise<{ train: Features; validation: Features; wereThere: boolean }> {
  const splits = ['train', 'validation'] as const;
  const [train, validation] = splits.map((split) => readFitting(dataset, split, settings));
  if (train && validation) return { train, validation, wereThere: true };
  const [newTrain, newValidation] = await computeFeatures(dataset, splits, settings, work);
  if (!newTrain || !newValidation) throw new Error('a split is missing');
  for (const [split, features] of [
    ['train', newTrain],
    ['validation', newValidation],
  ] as const) {
    writeFeatures(settings.features, split, features);
  }
  return { train: newTrain, validation: newValidation, wereThere: false };
}

/** The features of each of `splits`, by one network: it is loaded once. */
export async function computeFeatures(
  dataset: Dataset,
  splits: readonly SplitName[],
  {
    resize,
    backbone,
    batchSize,
    weights,
    provider,
    precision = 'fp32',
  }: Omit<FeatureSettings, 'features'> & FeatureOptions,
  { signal, emit }: Work,
): Promise<Features[]> {
  const total = splits.reduce((sum, split) => sum + samplesOf(dataset, split).length, 0);
  const [network, ...images] = await Promise.all([
    loadBackbone(backbone, weights),
    ...splits.map((split) => loadImages(dataset, split, { ...resize, signal })),
  ]);
  const imageSize = resize.size;
  const [first] = images;
  const ranges =
    precision === 'int8' && first
      ? { ranges: network.ranges ?? (await calibrate(network, ...spread(first), { imageSize, signal })) }
      : {};
  const opened = await openBackbone(network, {
    imageSize,
    ...(batchSize ? { batchSize } : {}),
    ...(provider ? { providers: [provider] } : {}),
    ...ranges,
  });
  const results: Features[] = [];
  let before = 0;
  try {
    for (const { data, labels, paths, classes } of images) {
      const began = performance.now();
      const count = paths.length;
      const onProgress = (done: number) =>
        emit({ event: 'progress', what: 'features', done: before + done, total });
      const features = await opened.features(data, count, { signal, onProgress });
      before += count;
      const { origin } = opened.weights;
      results.push({
        dataHash: dataset.hash,
        weights: opened.precision === 'int8' ? `${origin}, int8` : origin,
        provider: opened.provider,
        device: opened.device,
        classes: [...classes],
        resize: { ...resize, size: [...resize.size] },
        seconds: (performance.now() - began) / 1000,
        rows: paths.map((path, i) => ({ path, label: labels[i] ?? 0 })),
        data: features,
        shape: [count, ...opened.featureShape],
      });
    }
  } finally {
    opened.release();
  }
  return results;
}

/** Images that int8's ranges are measured on. */
const CALIBRATION_IMAGES = 64;

/** Images from all over a set: their bytes, one behind the other, and their number. */
function spread({ data, paths }: ImageSet): [images: Uint8Array, count: number] {
  const count = Math.min(paths.length, CALIBRATION_IMAGES);
  const size = data.length / paths.length;
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * paths.length) / count) * size;
    images.set(data.subarray(at, at + size), i * size);
  }
  return [images, count];
}

export const PRECISIONS = ['fp32', 'int8'] as const;

export interface FeatureOptions {
  /** Images that run at once. Default: what suits the backbone. */
  readonly batchSize?: number;
  /** A weights file for a backbone that reads them. Default: the embedded weights. */
  readonly weights?: string;
  readonly provider?: Provider;
  readonly precision?: (typeof PRECISIONS)[number];
}

/** The features on disk, if they are of this split of this data set and of this size. */
function readFitting(dataset: Dataset, split: SplitName, settings: FeatureSettings): Features | undefined {
  let features: Features;
  try {
    features = readFeatures(settings.features, split);
  } catch (error) {
    // Whatever is wrong with them, they can be computed again.
    if (error instanceof SightlineError) return undefined;
    throw error;
  }
  const isSame = features.dataHash === dataset.hash && isDeepStrictEqual(features.resize, settings.resize);
  return isSame ? features : undefined;
}

/** A backbone's features of a data set: computed once and kept, read again while images and size are the same. */

import { isDeepStrictEqual } from 'node:util';
import { calibrate, type OpenBackbone, openBackbone } from '@sightline/backbone';
import { isSightlineError, SightlineError } from '@sightline/core';
import {
  type Dataset,
  decodeBatches,
  type FileFailure,
  loadImages,
  type ResizeOptions,
  type Sample,
  SPLIT_NAMES,
  type SplitName,
  samplesOf,
  unreadableImages,
} from '@sightline/data';
import type { InputRange } from '@sightline/image';
import { isBackboneFile, loadBackbone } from '@sightline/models';
import type { Provider } from '@sightline/ort';
import { type FeatureRows, type Features, readFeatures, writeFeatures } from '@sightline/runs';
import type { Work } from '../events.ts';

export interface FeatureSettings {
  /** The name of the backbone, or its file. */
  readonly backbone: string;
  readonly inputRange?: InputRange | undefined;
  readonly resize: Required<ResizeOptions>;
  /** The folder that the features are kept in. */
  readonly features: string;
}

export interface DatasetFeatures {
  readonly train: Features;
  readonly validation: Features;
  /** Where there are images for testing. */
  readonly test?: Features;
  readonly wereThere: boolean;
}

/** The features of all splits: from disk if they are there, else computed and written. */
export async function featuresOf(
  dataset: Dataset,
  settings: FeatureSettings,
  work: Work,
): Promise<DatasetFeatures> {
  const splits = SPLIT_NAMES.filter((split) => split !== 'test' || samplesOf(dataset, split).length > 0);
  const kept = splits.map((split) => readFitting(dataset, split, settings));
  const wereThere = kept.every((features) => features !== undefined);
  const found = wereThere ? kept : await computeFeatures(dataset, splits, settings, work);
  const [train, validation, test] = found as Features[];
  if (!wereThere) {
    splits.forEach((split, i) => {
      writeFeatures(settings.features, split, found[i]!);
    });
  }
  return { train: train!, validation: validation!, ...(test ? { test } : {}), wereThere };
}

/** The features of each of `splits`, by one network: it is loaded once. */
async function computeFeatures(
  dataset: Dataset,
  splits: readonly SplitName[],
  options: Omit<FeatureSettings, 'features'>,
  { signal, emit }: Work,
): Promise<Features[]> {
  const { resize } = options;
  const samples = splits.map((split) => samplesOf(dataset, split));
  const total = samples.reduce((sum, { length }) => sum + length, 0);
  const opened = await openFeatures(dataset, samples.flat(), options, signal);
  const results: Features[] = [];
  const failures: FileFailure[] = [];
  let before = 0;
  try {
    for (const rows of samples) {
      const began = performance.now();
      const shape = [rows.length, ...opened.featureShape];
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      let at = 0;
      try {
        for await (const features of featureBatches(opened, dataset, rows, resize, signal)) {
          data.set(features, at);
          at += features.length;
          const done = before + at / (data.length / rows.length);
          emit({ event: 'progress', what: 'features', done, total });
        }
      } catch (error) {
        // Those of the other splits are named with them.
        if (!isSightlineError(error, 'unreadable-image')) throw error;
        failures.push(...(error.details.failures as FileFailure[]));
      }
      before += rows.length;
      results.push({ ...recordOf(opened, dataset, rows, resize, began), data, shape });
    }
  } finally {
    opened.release();
  }
  if (failures.length > 0) throw unreadableImages(dataset.root, failures);
  return results;
}

/** Images that int8's ranges are measured on, from all over a set. */
const CALIBRATION_IMAGES = 64;

/** Opens a backbone for features of samples; its int8 ranges are its own, or measured on some of the samples. */
export async function openFeatures(
  dataset: Dataset,
  samples: readonly Sample[],
  options: Pick<FeatureSettings, 'resize' | 'backbone' | 'inputRange'> & FeatureOptions,
  signal: AbortSignal,
): Promise<OpenBackbone> {
  const { resize, backbone, inputRange, batchSize, weights, provider, precision = 'fp32' } = options;
  const imageSize = resize.size;
  const network = await loadBackbone(backbone, weights, inputRange);
  const measured = async () => {
    const count = Math.min(samples.length, CALIBRATION_IMAGES);
    const some = Array.from({ length: count }, (_, i) => samples[Math.floor((i * samples.length) / count)]!);
    const few = { ...dataset, splits: { ...dataset.splits, train: some } };
    const { data } = await loadImages(few, 'train', { ...resize, signal });
    return calibrate(network, data, count, { imageSize, signal });
  };
  return openBackbone(network, {
    imageSize,
    ...(batchSize ? { batchSize } : {}),
    ...(provider ? { providers: [provider] } : {}),
    ...(precision === 'int8' ? { ranges: network.ranges ?? (await measured()) } : {}),
  });
}

/** Features of samples, a few images at a time, while the next ones are decoded. */
export async function* featureBatches(
  opened: OpenBackbone,
  dataset: Dataset,
  samples: readonly Sample[],
  resize: Required<ResizeOptions>,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  for await (const { items, pixels } of decodeBatches(dataset, samples, { ...resize, signal })) {
    yield await opened.features(pixels, items.length, { signal });
  }
}

/** Where features come from, and which image each row is. */
export function recordOf(
  opened: OpenBackbone,
  dataset: Dataset,
  samples: readonly Sample[],
  resize: Required<ResizeOptions>,
  began: number,
): FeatureRows {
  const { origin } = opened.weights;
  return {
    dataHash: dataset.hash,
    backbone: opened.name,
    weights: opened.precision === 'int8' ? `${origin}, int8` : origin,
    provider: opened.provider,
    device: opened.device,
    classes: [...dataset.classes],
    resize: { ...resize, size: [...resize.size] },
    seconds: (performance.now() - began) / 1000,
    rows: samples.map(({ path, label }) => ({ path, label })),
  };
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
  // A file may be another one by now.
  if (isBackboneFile(settings.backbone)) return undefined;
  let features: Features;
  try {
    features = readFeatures(settings.features, split);
  } catch (error) {
    // Whatever is wrong with them, they can be computed again.
    if (error instanceof SightlineError) return undefined;
    throw error;
  }
  const { dataHash, backbone = 'vgg16', resize } = features;
  const isSame =
    dataHash === dataset.hash && backbone === settings.backbone && isDeepStrictEqual(resize, settings.resize);
  return isSame ? features : undefined;
}

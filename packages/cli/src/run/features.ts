/**
 * VGG16's features of a data set, computed once and kept: read again as long as they are of the same images at the
 * same size.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Dataset, loadImages, type ResizeOptions, type SplitName, samplesOf } from '@sightline/data';
import { type Features, RunsError, readFeatures, writeFeatures } from '@sightline/runs';
import type { Provider } from '@sightline/vgg16';
import type { Output } from '../terminal/output.ts';

export interface FeatureSettings {
  readonly resize: Required<ResizeOptions>;
  /** The folder that the features are kept in. */
  readonly features: string;
}

/** The features of the training and validation images: from disk if they are there, else computed and written. */
export async function featuresOf(
  dataset: Dataset,
  settings: FeatureSettings,
  context: { output: Output; signal: AbortSignal },
): Promise<{ train: Features; validation: Features; wereThere: boolean }> {
  const splits = ['train', 'validation'] as const;
  const [train, validation] = splits.map((split) => readFitting(dataset, split, settings));
  if (train && validation) return { train, validation, wereThere: true };
  const [newTrain, newValidation] = await computeFeatures(dataset, splits, settings, context);
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
  { resize, batchSize = 32, provider }: Omit<FeatureSettings, 'features'> & FeatureOptions,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<Features[]> {
  const total = splits.reduce((sum, split) => sum + samplesOf(dataset, split).length, 0);
  const [{ createVgg16 }, ...images] = await Promise.all([
    import('@sightline/vgg16'),
    ...splits.map((split) => loadImages(dataset, split, { ...resize, signal })),
  ]);
  const providers = provider ? { providers: [provider] } : {};
  const vgg16 = await createVgg16({ inputSize: resize.size, batchSize, ...providers });
  const progress = output.progress('features');
  const results: Features[] = [];
  let before = 0;
  for (const { data, labels, paths, classes } of images) {
    const began = performance.now();
    const count = paths.length;
    const onProgress = (done: number) => progress.update(before + done, total);
    const features = await vgg16.features(data, count, { signal, onProgress });
    before += count;
    results.push({
      dataHash: dataset.hash,
      weights: vgg16.weights,
      provider: vgg16.provider,
      device: vgg16.device,
      classes: [...classes],
      resize: { ...resize, size: [...resize.size] },
      seconds: (performance.now() - began) / 1000,
      rows: paths.map((path, i) => ({ path, label: labels[i] ?? 0 })),
      data: features,
      shape: [count, ...vgg16.featureShape],
    });
  }
  progress.end();
  await vgg16.release();
  return results;
}

export interface FeatureOptions {
  readonly batchSize?: number;
  readonly provider?: Provider;
}

/** The features on disk, if they are of this split of this data set and of this size. */
function readFitting(dataset: Dataset, split: SplitName, settings: FeatureSettings): Features | undefined {
  let features: Features;
  try {
    features = readFeatures(settings.features, split);
  } catch (error) {
    // Whatever is wrong with them, they can be computed again.
    if (error instanceof RunsError) return undefined;
    throw error;
  }
  const isSame = features.dataHash === dataset.hash && isDeepStrictEqual(features.resize, settings.resize);
  return isSame ? features : undefined;
}

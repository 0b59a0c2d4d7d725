/** Export to ONNX, checked: ONNX Runtime must give the network's probabilities before anything is written. */
import { SightlineError } from '@sightline/core';
import {
  type ImageSet,
  loadImages,
  type OpenOptions,
  openDataset,
  type ResizeOptions,
  SPLIT_NAMES,
  samplesOf,
} from '@sightline/data';
import { writeFileAtomic } from '@sightline/runs';
import { recordedDataOptions } from '../config/data-overrides.ts';
import { openOptions } from '../dataset/open-in-order.ts';
import type { Classifier } from './open-classifier.ts';

/** Enough to notice a wrong resize, a wrong scale and a wrong order of classes. */
const MOST_IMAGES = 32;

export interface CheckedExport {
  readonly images: number;
  /** The largest difference of a probability. */
  readonly difference: number;
}

/**
 * Writes `path`, after ONNX Runtime has given the network's probabilities on images of `root`, of its validation split if
 * it has one. Without `root` nothing is compared.
 *
 * @throws SightlineError `export-differs` where they differ, and nothing is written; `data` where `root` has no images
 */
export async function writeCheckedOnnx(
  { metadata, resize, run, exportOnnx }: Classifier & Required<Pick<Classifier, 'exportOnnx'>>,
  path: string,
  root: string | undefined,
  signal: AbortSignal,
): Promise<CheckedExport | undefined> {
  const isOwn = run !== undefined && root === run.data.root;
  const { classes } = metadata;
  const opened = { ...openOptions(isOwn ? recordedDataOptions(run) : {}), classes, signal };
  const images = root === undefined ? undefined : await someImages(root, opened, resize);
  const { bytes, difference } = await exportOnnx(images, signal);
  writeFileAtomic(path, bytes);
  return images && { images: images.paths.length, difference: difference! };
}

async function someImages(
  root: string,
  options: OpenOptions & { readonly signal: AbortSignal },
  resize: ResizeOptions,
): Promise<ImageSet> {
  const { signal } = options;
  const dataset = await openDataset(root, options);
  const split = (['validation', ...SPLIT_NAMES] as const).find((name) => samplesOf(dataset, name).length > 0);
  if (!split) throw new SightlineError('data', `${root} has no images to check the ONNX file on.`);
  const some = samplesOf(dataset, split).slice(0, MOST_IMAGES);
  const few = { ...dataset, splits: { ...dataset.splits, [split]: some } };
  return loadImages(few, split, { ...resize, signal });
}

/** Export to ONNX, checked: ONNX Runtime must predict as the network before anything is written. */

import { SightlineError } from '@sightline/core';
import {
  type Dataset,
  type ImageSet,
  loadImages,
  openDataset,
  type ResizeOptions,
  SPLIT_NAMES,
  type SplitName,
  samplesOf,
} from '@sightline/data';
import type { ExportCheck, ExportPrecision } from '@sightline/models';
import { writeFileAtomic } from '@sightline/runs';
import { recordedDataOptions } from '../config/data-overrides.ts';
import { openOptions } from '../dataset/open-in-order.ts';
import type { Classifier } from './open-classifier.ts';

/** Enough to notice a wrong resize, a wrong scale and a wrong order of classes, and a loss of accuracy in fewer bits. */
const CHECKED = { fp32: 32, fp16: 32, int8: 256 } as const satisfies Record<ExportPrecision, number>;
/** Images that the ranges of int8 come from. */
const CALIBRATED = 64;

export interface CheckedExport extends ExportCheck {
  readonly images: number;
}

/**
 * Writes `path`, after ONNX Runtime has predicted images of `root` as the network has: of its validation split if it has
 * one. The ranges of int8 come from its training images. Without `root` nothing is compared.
 *
 * @throws SightlineError `export-differs` where they differ, and nothing is written; `data` where `root` has no images, or
 *   int8 has none to be calibrated on
 */
export async function writeCheckedOnnx(
  { metadata, resize, run, exportOnnx }: Classifier & Required<Pick<Classifier, 'exportOnnx'>>,
  path: string,
  precision: ExportPrecision,
  root: string | undefined,
  signal: AbortSignal,
): Promise<CheckedExport | undefined> {
  if (precision === 'int8' && root === undefined) {
    throw new SightlineError(
      'data',
      '8 bits are calibrated on images: name a folder of some with --data DIR.',
    );
  }
  const isOwn = run !== undefined && root === run.data.root;
  const { classes } = metadata;
  const opened = { ...openOptions(isOwn ? recordedDataOptions(run) : {}), classes, signal };
  const dataset = root === undefined ? undefined : await openDataset(root, opened);
  const load = (first: SplitName, most: number) =>
    dataset && someImages(dataset, first, most, { ...resize, signal });
  const images = await load('validation', CHECKED[precision]);
  const calibration = precision === 'int8' ? await load('train', CALIBRATED) : undefined;
  const { bytes, difference, accuracy } = await exportOnnx({ precision, images, calibration }, signal);
  writeFileAtomic(path, bytes);
  return images && { images: images.paths.length, difference: difference!, accuracy: accuracy! };
}

/** Images of a split, or of another if it has none, evenly from all of its classes. */
async function someImages(
  dataset: Dataset,
  first: SplitName,
  most: number,
  options: ResizeOptions & { readonly signal: AbortSignal },
): Promise<ImageSet> {
  const split = [first, ...SPLIT_NAMES].find((name) => samplesOf(dataset, name).length > 0);
  if (!split) throw new SightlineError('data', `${dataset.root} has no images to check the ONNX file on.`);
  const samples = samplesOf(dataset, split);
  const every = Math.max(1, samples.length / most);
  const some = samples.filter((_, i) => Math.floor(i / every) > Math.floor((i - 1) / every));
  const few = { ...dataset, splits: { ...dataset.splits, [split]: some } };
  return loadImages(few, split, options);
}

/** Features of a data set as `.npy` files. */

import { basename, dirname, extname, resolve } from 'node:path';
import type { OpenBackbone } from '@sightline/backbone';
import {
  type Dataset,
  openDataset,
  type ResizeOptions,
  type Sample,
  SPLIT_NAMES,
  samplesOf,
} from '@sightline/data';
import type { Fit, InputRange, Interpolation } from '@sightline/image';
import { type BackboneName, WITH_WEIGHTS } from '@sightline/models/backbones';
import { parseExperiment } from '@sightline/models/experiment';
import { type FeatureRows, openNpyWriter, writeFeatureRows } from '@sightline/runs';
import { type DataOverrides, dataOptionsOf } from '../config/data-overrides.ts';
import { type WorkOptions, workOf } from '../events.ts';
import {
  type FeatureOptions,
  type FeatureSettings,
  featureBatches,
  openFeatures,
  recordOf,
} from './features.ts';
import { openOptions } from './open-in-order.ts';

export interface WriteFeaturesOptions extends FeatureOptions, WorkOptions, DataOverrides {
  /** A `.npy` file for all images, or a folder for one file per split. */
  readonly out: string;
  /** The backbone by its name, or its ONNX file. Default: an experiment's, or the one that `weights` are for. */
  readonly backbone?: BackboneName | `${string}.onnx` | undefined;
  /** The pixel values that a network of a file takes, where the file does not say. Default: 0-1. */
  readonly inputRange?: InputRange | undefined;
  /** Height and width of the images. Default: an experiment's. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  /** Default: bilinear. */
  readonly interpolation?: Interpolation | undefined;
  /** How an image of another aspect ratio fits. Default: stretch. */
  readonly fit?: Fit | undefined;
  /** Only the `index`-th, from 1, of so many equal parts of each file; see `mergeFeatures`. */
  readonly shard?: { readonly index: number; readonly of: number } | undefined;
}

export interface WrittenFeatures {
  readonly files: readonly string[];
  readonly backbone: string;
  /** Height and width of the images. */
  readonly imageSize: readonly [number, number];
  readonly images: number;
  readonly seconds: number;
  readonly provider?: string | undefined;
  readonly device?: string | undefined;
}

/** @see features in the package's index */
export async function features(
  root: string,
  { out, shard, signal, onEvent, ...options }: WriteFeaturesOptions,
): Promise<WrittenFeatures> {
  const work = workOf({ signal, onEvent });
  const { backbone, resize } = networkOf(options);
  const dataset = await openDataset(root, { ...openOptions(dataOptionsOf(options)), signal: work.signal });
  const chosen = SPLIT_NAMES.filter((split) => samplesOf(dataset, split).length > 0);
  // Each file is cut, not each split of it: its parts follow each other as its rows do.
  const whole =
    extname(out) === '.npy'
      ? [{ path: resolve(out), samples: chosen.flatMap((split) => samplesOf(dataset, split)) }]
      : chosen.map((split) => ({ path: resolve(out, `${split}.npy`), samples: samplesOf(dataset, split) }));
  const files = whole.map(({ path, samples }) => ({ path, samples: part(samples, shard) }));
  const count = (parts: typeof files) => parts.reduce((sum, { samples }) => sum + samples.length, 0);
  // Ranges of int8 are measured on images of all parts, which then compute alike.
  const all = whole.flatMap(({ samples }) => samples);
  const opened = await openFeatures(dataset, all, { ...options, backbone, resize }, work.signal);
  const began = performance.now();
  let done = 0;
  try {
    for (const { path, samples } of files) {
      const record = await writeRows(path, samples, dataset, opened, resize, work.signal, (images) => {
        done += images;
        work.emit({ event: 'progress', what: 'features', done, total: count(files) });
      });
      writeFeatureRows(dirname(path), basename(path, '.npy'), { ...record, ...(shard ? { shard } : {}) });
    }
  } finally {
    opened.release();
  }
  return {
    files: files.map(({ path }) => path),
    backbone,
    imageSize: resize.size,
    images: count(files),
    seconds: (performance.now() - began) / 1000,
    provider: opened.provider,
    device: opened.device,
  };
}

/** The network and the size of its images: what is not given is as an experiment has it. */
function networkOf({
  backbone,
  imageSize,
  interpolation,
  fit,
  weights,
}: Omit<WriteFeaturesOptions, 'out'>): Pick<FeatureSettings, 'backbone' | 'resize'> {
  const named = backbone ?? (weights === undefined ? undefined : WITH_WEIGHTS[0]);
  const experiment = parseExperiment({ backbone: named, imageSize, interpolation, fit }, 'features');
  return {
    backbone: experiment.backbone!,
    resize: {
      size: experiment.imageSize,
      interpolation: experiment.interpolation,
      fit: experiment.fit,
    },
  };
}

/** Writes the features of samples as they are computed: a data set's may be more than memory holds. */
async function writeRows(
  path: string,
  samples: readonly Sample[],
  dataset: Dataset,
  opened: OpenBackbone,
  resize: Required<ResizeOptions>,
  signal: AbortSignal,
  onBatch: (images: number) => void,
): Promise<FeatureRows> {
  const began = performance.now();
  const width = opened.featureShape.reduce((product, size) => product * size, 1);
  const writer = openNpyWriter(path, [samples.length, ...opened.featureShape]);
  try {
    for await (const features of featureBatches(opened, dataset, samples, resize, signal)) {
      writer.append(features);
      onBatch(features.length / width);
    }
    writer.finish();
  } finally {
    writer.abandon();
  }
  return recordOf(opened, dataset, samples, resize, began);
}

function part<Item>(
  items: readonly Item[],
  { index, of }: { readonly index: number; readonly of: number } = { index: 1, of: 1 },
): Item[] {
  const bound = (i: number) => Math.round((items.length * i) / of);
  return items.slice(bound(index - 1), bound(index));
}

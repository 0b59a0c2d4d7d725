/**
 * Features: what a network that was trained before says of each image, kept so that a classifier can be trained on
 * them. `<split>.npy` holds the numbers, a row an image; `<split>.json` says which image each row is.
 */

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { writeJson } from '@sightline/core/files';
import { z } from 'zod';
import { readJson } from './json.ts';
import { readNpy, writeNpy } from './npy.ts';

export const featureRowsSchema = z.object({
  /** The hash of the data set that the images are of. */
  dataHash: z.string(),
  /** The network by its name. Default: vgg16, the only one of the first edition. */
  backbone: z.string().optional(),
  /** Which weights the network had. */
  weights: z.string(),
  /** The execution provider that ran it. */
  provider: z.string(),
  device: z.string().optional(),
  classes: z.array(z.string()),
  /** How images were brought to the size that the network saw: height and width, and the rest of it. */
  resize: z.looseObject({ size: z.tuple([z.number(), z.number()]) }).optional(),
  /** Which of how many parts of the images these are, from 1; left out for all. */
  shard: z.object({ index: z.number().int().positive(), of: z.number().int().positive() }).optional(),
  /** Seconds that it took. */
  seconds: z.number().optional(),
  /** Row by row: the image's path in the data set, and the index of its class. */
  rows: z.array(z.object({ path: z.string(), label: z.number().int().nonnegative() })),
});

export type FeatureRows = z.infer<typeof featureRowsSchema>;

export interface Features extends FeatureRows {
  data: Float32Array;
  /** The first number counts the rows. */
  shape: number[];
}

/** Writes `<dir>/<split>.json`: which image each row of `<dir>/<split>.npy` is. Atomic. */
export function writeFeatureRows(dir: string, split: string, rows: FeatureRows): void {
  writeJson(join(dir, `${split}.json`), rows);
}

/** Writes `<dir>/<split>.npy`, then `<dir>/<split>.json`, each atomically. */
export function writeFeatures(dir: string, split: string, features: Features): void {
  const { data, shape, ...rows } = features;
  writeNpy(join(dir, `${split}.npy`), { data, shape });
  writeFeatureRows(dir, split, rows);
}

/**
 * Reads the features of a split.
 *
 * @throws SightlineError `missing` where they were not written, `broken` where the two files don't belong together
 */
export function readFeatures(dir: string, split: string): Features {
  const rows = readJson(join(dir, `${split}.json`), featureRowsSchema);
  const { data, shape } = readNpy(join(dir, `${split}.npy`));
  if (!(data instanceof Float32Array) || shape[0] !== rows.rows.length) {
    const what = `${split}.npy has ${shape[0] ?? 0} rows, ${split}.json names ${rows.rows.length}`;
    throw new SightlineError('broken', `The features in ${dir} are damaged: ${what}. Compute them again.`);
  }
  return { ...rows, data, shape };
}

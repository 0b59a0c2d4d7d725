/** Opening images with their classes in a preferred order. */

import { SightlineError } from '@sightline/core';
import { type Dataset, openDataset } from '@sightline/data';
import type { DataOptions } from '@sightline/models/experiment';

export interface OpenInOrderOptions {
  /** The order of the classes, where the images have these. Default: their own. */
  readonly order?: readonly string[] | undefined;
  /** Which of the images belong to the data set, and which are held out. */
  readonly data?: DataOptions | undefined;
  /** Where hashes are kept. Default: nowhere. */
  readonly cacheDir?: string | undefined;
  readonly signal: AbortSignal;
}

/** @see openInOrder in the package's index */
export async function openInOrder(
  root: string,
  { order, data, cacheDir, signal }: OpenInOrderOptions,
): Promise<Dataset> {
  const options = { ...openOptions(data), signal, ...(cacheDir === undefined ? {} : { cacheDir }) };
  if (!order) return openDataset(root, options);
  try {
    return await openDataset(root, { ...options, classes: order });
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'classes') return openDataset(root, options);
    throw error;
  }
}

/** An experiment's options of the data as those of the data package. What a training forgives is not its business. */
export const openOptions = ({
  allowErrors: _,
  ...options
}: DataOptions = {}): Omit<DataOptions, 'allowErrors'> => options;

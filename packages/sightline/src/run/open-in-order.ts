/** Opening a folder of images with its classes in a preferred order. */
import { SightlineError } from '@sightline/core';
import { type Dataset, openDataset } from '@sightline/data';

/**
 * Opens the folder `root`. Hashes are kept in `cacheDir`, where one is given. Where its classes are those of `order`, they come in that order; other classes come in
 * their folder's own.
 */
export async function openInOrder(
  root: string,
  order: readonly string[] | undefined,
  signal: AbortSignal,
  cacheDir?: string,
): Promise<Dataset> {
  const options = { signal, ...(cacheDir === undefined ? {} : { cacheDir }) };
  if (!order) return openDataset(root, options);
  try {
    return await openDataset(root, { ...options, classes: order });
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'classes') return openDataset(root, options);
    throw error;
  }
}

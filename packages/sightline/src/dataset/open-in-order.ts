/** Opening a folder of images with its classes in a preferred order. */
import { SightlineError } from '@sightline/core';
import { type Dataset, openDataset } from '@sightline/data';

/** Opens `root` with its classes in the order `order` where it has these, else in its own. Hashes are kept in `cacheDir`. */
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

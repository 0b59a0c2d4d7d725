/** Opening a folder of images with its classes in a preferred order. */
import { DataError, type Dataset, openDataset } from '@sightline/data';

/**
 * Opens the folder `root`. Where its classes are those of `order`, they come in that order; other classes come in
 * their folder's own.
 */
export async function openInOrder(
  root: string,
  order: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Dataset> {
  if (!order) return openDataset(root, { signal });
  try {
    return await openDataset(root, { classes: order, signal });
  } catch (error) {
    if (error instanceof DataError && error.code === 'classes') return openDataset(root, { signal });
    throw error;
  }
}

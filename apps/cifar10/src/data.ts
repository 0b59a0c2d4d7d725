/** All of CIFAR-10 as a data set of sprites: the package's files, with a description beside them. */
import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  CIFAR10_CLASSES,
  type FetchOptions,
  fetchCifar10,
  fillFolder,
  PACKAGE_FILES,
  type PackageFileName,
} from '@sightline/cifar10';

const TRAINING = ['data1', 'data2', 'data3', 'data4', 'data5'] as const;
const IMAGES_PER_SPRITE = 10_000;

const part = (image: PackageFileName, labels: PackageFileName, first = 0) => ({
  image: PACKAGE_FILES[image].name,
  labels: PACKAGE_FILES[labels].name,
  first,
});

/** What `openDataset` of @sightline/data reads of a folder of sprites. */
export const SPRITES = {
  side: 32,
  classes: CIFAR10_CLASSES,
  train: TRAINING.map((image, i) => part(image, 'trainLabels', i * IMAGES_PER_SPRITE)),
  validation: [part('test', 'testLabels')],
};

/**
 * Fills `dir` with the 50,000 training images and, as validation images, the 10,000 test images, unless it is there. The
 * files are fetched into `cacheDir`. The folder appears whole or not at all. Throws what fetchCifar10 throws.
 */
export async function prepareCifar10(
  cacheDir: string,
  dir: string,
  options: FetchOptions = {},
): Promise<void> {
  if (existsSync(join(dir, 'sprites.json'))) return;
  const paths = await fetchCifar10(cacheDir, options);
  await fillFolder(dir, async (building) => {
    for (const path of Object.values(paths)) await copyFile(path, join(building, basename(path)));
    await writeFile(join(building, 'sprites.json'), `${JSON.stringify(SPRITES, undefined, 1)}\n`);
  });
}

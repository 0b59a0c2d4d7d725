/**
 * The default data set, *car or other*, from CIFAR-10: 1,600 training and 576 validation images of 64x64, half of them
 * automobiles, half of the other nine classes in equal parts, enlarged from 32x32 by bilinear interpolation.
 */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CIFAR10_CLASSES,
  type Cifar10Paths,
  type FetchOptions,
  fetchCifar10,
  fillFolder,
  PACKAGE_FILES,
  type PackageFileName,
  readCifar10File,
} from '@sightline/cifar10';
import { SightlineError } from '@sightline/core';
import { type Dataset, openDataset, openSprite, readLock, verifyLock, writeLock } from '@sightline/data';
import { encodePng, resizeImage } from '@sightline/image';
import { z } from 'zod';

const SIDE = 64;
const SOURCE_SIDE = 32;
const CAR = CIFAR10_CLASSES.indexOf('automobile');
const LOCK = 'dataset.lock.json';

/** The number of images per class, and where in the package they come from. */
const SPLITS = [
  { split: 'train', perClass: 800, sprite: 'data1', labels: 'trainLabels' },
  { split: 'validation', perClass: 288, sprite: 'test', labels: 'testLabels' },
] as const satisfies { split: string; perClass: number; sprite: PackageFileName; labels: PackageFileName }[];

/**
 * Writes DIR/train|validation/other|car/*.png, or, where that was done before, only verifies it. The files of CIFAR-10
 * are fetched into `cacheDir`. Throws SightlineError: `lock` where the folder holds something else or was changed, and
 * what fetchCifar10 throws. The folder appears whole or not at all.
 */
export async function prepareCarOrOther(
  cacheDir: string,
  dir: string,
  options: FetchOptions = {},
): Promise<Dataset> {
  const present = await readdir(dir).catch((): string[] => []);
  if (present.includes(LOCK)) return verified(dir, options.signal);
  if (present.length > 0) {
    throw new SightlineError(
      'lock',
      `${dir} is not empty and was not prepared by Sightline. Give a new folder, or remove it.`,
    );
  }
  const paths = await fetchCifar10(cacheDir, options);
  options.onStep?.('preparing car or other');
  await fillFolder(dir, async (building) => {
    await allEnded(SPLITS.map((part) => writeSplit(paths, building, part, options.signal)));
    await writeFile(join(building, 'classes.json'), '["other", "car"]\n');
    await writeLock(join(building, LOCK), await openDataset(building));
    await rm(dir, { recursive: true, force: true });
  });
  return openDataset(dir);
}

/** Waits for all, the failed ones too: nothing may still be written into a folder that is then removed. */
async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

async function verified(dir: string, signal?: AbortSignal): Promise<Dataset> {
  const dataset = await openDataset(dir, signal === undefined ? {} : { signal });
  try {
    verifyLock(await readLock(join(dir, LOCK)), dataset);
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    throw new SightlineError('lock', `${error.message} Remove ${dir} to have it prepared again.`);
  }
  return dataset;
}

/** Chooses the first images of each class in the sprite's order: half cars, half the others in equal parts. */
export function chooseCarOrOther(
  labels: readonly number[],
  perClass: number,
): { car: number[]; other: number[] } {
  const others = CIFAR10_CLASSES.map((_, label) => label).filter((label) => label !== CAR);
  const [share, rest] = [Math.floor(perClass / others.length), perClass % others.length];
  const first = (label: number, count: number) => {
    const found = labels.flatMap((value, index) => (value === label ? [index] : []));
    if (found.length < count)
      throw new SightlineError(
        'empty',
        `${count} images of class ${label} are needed, but there are ${found.length}.`,
      );
    return found.slice(0, count);
  };
  return {
    car: first(CAR, perClass),
    other: others.flatMap((label, i) => first(label, share + (i < rest ? 1 : 0))).sort((a, b) => a - b),
  };
}

async function writeSplit(
  paths: Cifar10Paths,
  root: string,
  { split, perClass, sprite: spriteFile, labels: labelFile }: (typeof SPLITS)[number],
  signal?: AbortSignal,
): Promise<void> {
  const { name } = PACKAGE_FILES[spriteFile];
  const sprite = await openSprite(await readCifar10File(paths, spriteFile), SOURCE_SIDE, name);
  const text = new TextDecoder().decode(await readCifar10File(paths, labelFile));
  // The labels of the other training sprites follow.
  const labels = z.array(z.int().min(0).max(9)).parse(JSON.parse(text)).slice(0, sprite.count);
  for (const [className, chosen] of Object.entries(chooseCarOrOther(labels, perClass))) {
    const folder = join(root, split, className);
    await mkdir(folder, { recursive: true });
    const write = async (index: number) => {
      signal?.throwIfAborted();
      const enlarged = resizeImage(sprite.image(index), [SIDE, SIDE], { interpolation: 'bilinear' });
      const file = `${CIFAR10_CLASSES[labels[index]!]}-${String(index).padStart(4, '0')}.png`;
      const png = encodePng({ ...enlarged, channels: 3 }, { compression: 'none' });
      await writeFile(join(folder, file), png);
    };
    await allEnded(chosen.map(write));
  }
}

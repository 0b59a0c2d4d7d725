/**
 * The data set and its lock file. The lock names every image with its hash: it is what turbo watches in the images'
 * place, so it must be right before turbo starts, which hashes files only then.
 */
import { existsSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { cacheFolder } from '@sightline/core/files';
import { type Dataset, readLock, writeLock } from '@sightline/data';
import { type DataOverrides, dataOptionsOf, openInOrder } from 'sightline';
import { prepareCarOrOther } from './car-or-other.ts';
import { places } from './places.ts';

/** `other` before `car`: with two classes, a network gives the probability of the second. */
const classOrder = ['other', 'car'] as const;

export interface LockedDataset {
  readonly dataset: Dataset;
  /** Whether the lock file already said what is in the folder. */
  readonly wasLocked: boolean;
}

/**
 * Opens the folder `root`, or fetches and prepares the default data set where none is given, and brings its lock file
 * up to date.
 *
 * @param onStep told of what takes time, before it does
 * @throws SightlineError for a folder that can't be trained on, for no network and for a damaged cache
 */
export async function lockDataset(
  root: string | undefined,
  {
    signal,
    onStep,
    ...overrides
  }: DataOverrides & { readonly signal: AbortSignal; readonly onStep?: (step: string) => void },
): Promise<LockedDataset> {
  const isDefault = root === undefined || resolve(root) === resolve(places.data);
  const dataset = isDefault
    ? await prepareCarOrOther(cacheFolder(), places.data, { signal, ...(onStep ? { onStep } : {}) })
    : await openInOrder(resolve(root), { order: classOrder, data: dataOptionsOf(overrides), signal });
  const path = isDefault ? places.lock : places.otherLock;
  if (isDefault) rmSync(places.otherLock, { force: true });
  const wasLocked = existsSync(path) && (await hashIn(path)) === dataset.hash;
  if (!wasLocked) await writeLock(path, dataset);
  return { dataset, wasLocked };
}

/** A lock that can't be read is no lock: it is written again. */
async function hashIn(path: string): Promise<string | undefined> {
  return readLock(path).then(
    ({ hash }) => hash,
    () => undefined,
  );
}

/** The path as a person at the root of the repository writes it. */
export function shownPath(path: string): string {
  const inside = relative(places.root, path);
  return inside.startsWith('..') ? path : inside;
}

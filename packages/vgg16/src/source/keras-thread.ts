/** Reads Keras' HDF5 files on a thread of its own: from some that are damaged, HDF5's library never returns. */

import { statSync } from 'node:fs';
import { isSightlineError, reasonOf, SightlineError } from '@sightline/core';
import { readOnThread, secondsToRead } from '@sightline/core/thread';
import type { Wanted, Weights } from './source.ts';

export interface Job {
  readonly path: string;
  readonly wanted: Wanted;
}

/** From sources a TypeScript file, in a build an entry beside the bundle. */
const entry = () =>
  new URL(import.meta.url.endsWith('.ts') ? './keras-worker.ts' : './keras-worker.js', import.meta.url);

/**
 * As `readKerasWeights`, aside.
 *
 * @param seconds how long it may take. Default: by the file's size.
 */
export async function readKerasAside(path: string, wanted: Wanted, seconds?: number): Promise<Weights> {
  try {
    const most = seconds ?? secondsToRead(statSync(path).size);
    return await readOnThread<Job, Weights>(entry(), { path, wanted }, most);
  } catch (cause) {
    if (isSightlineError(cause)) throw cause;
    throw new SightlineError('weights', `${path} is no file of weights: ${reasonOf(cause)}.`, { cause });
  }
}

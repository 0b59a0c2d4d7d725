/** Lays out a map on a thread of its own, while this one does something else, such as fitting a classifier. */

import { Worker } from 'node:worker_threads';
import { flagsForFile } from '@sightline/core/thread';
import { FEWEST, type FeatureMap, featureMap } from './feature-map.ts';

export interface Job {
  readonly features: Float32Array;
  readonly columns: number;
}

/** From sources a TypeScript file, in a build an entry beside the bundle. */
const entry = () =>
  new URL(`./feature-map-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * What `featureMap` gives. Rejects with the signal's reason if it is aborted, which ends the thread.
 *
 * @param features (rows, columns)
 */
export async function featureMapAside(
  features: Float32Array,
  columns: number,
  signal: AbortSignal,
): Promise<FeatureMap> {
  // Laid out before a thread has started.
  if (features.length / columns < FEWEST) return featureMap(features, columns);
  signal.throwIfAborted();
  const workerData: Job = { features, columns };
  const worker = new Worker(entry(), { execArgv: flagsForFile(), workerData });
  const { promise, resolve, reject } = Promise.withResolvers<FeatureMap>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  worker.once('message', resolve).once('error', reject);
  worker.once('exit', () => reject(new Error('The thread that lays out the map ended.')));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

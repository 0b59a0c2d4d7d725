/** The entry of a thread that lays out a map; see `feature-map-thread.ts`. */

import { parentPort, workerData } from 'node:worker_threads';
import { featureMap } from './feature-map.ts';
import type { Job } from './feature-map-thread.ts';

const { features, columns } = workerData as Job;
parentPort!.postMessage(await featureMap(features, columns));

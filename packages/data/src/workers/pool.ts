// The worker pool: threads that everything in this process shares.

import { availableParallelism } from 'node:os';
import { PoolWorker } from './pool-worker.ts';

const workers: PoolWorker[] = [];

/** One thread less than the machine has, from one to four: this thread works too. */
export const defaultWorkers = () => Math.min(Math.max(availableParallelism() - 1, 1), 4);

/** The first `count` workers, started where they are not running yet. */
export function workerPool(count: number): readonly PoolWorker[] {
  while (workers.length < count) workers.push(new PoolWorker());
  return workers.slice(0, count);
}

/** The workers that are running, whatever they were started for. */
export const startedWorkers = (): readonly PoolWorker[] => workers;

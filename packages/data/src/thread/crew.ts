// The crew: the worker threads that everything in this process shares.

import { availableParallelism } from 'node:os';
import { WorkerThread } from './worker-thread.ts';

const threads: WorkerThread[] = [];

/** One thread less than the machine has, from one to four: this one works too. */
export const usualCrew = () => Math.min(Math.max(availableParallelism() - 1, 1), 4);

/** The first `count` threads, started where they are not there yet. */
export function crew(count: number): readonly WorkerThread[] {
  while (threads.length < count) threads.push(new WorkerThread());
  return threads.slice(0, count);
}

/** The threads that are there, started for whatever reason. */
export const startedCrew = (): readonly WorkerThread[] => threads;

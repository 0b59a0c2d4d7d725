// Who renders a source's batches: worker threads, shared by all sources of the process, or this thread.

import { SightlineError } from '@sightline/core';
import { defaultWorkers, startedWorkers, workerPool } from '../workers/pool.ts';
import type { Task } from '../workers/pool-worker.ts';
import { type BatchRows, type Recipe, renderCall, renderRows } from './render.ts';

export interface Renderer {
  /** Batches that may be under way before they are asked for. */
  readonly ahead: number;
  render(rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Task;
}

let nextContext = 0;

/** The bytes of images stay in a worker's reach only while their source is in use. */
const closing = new FinalizationRegistry<number>((context) => {
  for (const worker of startedWorkers()) worker.close(context);
});

/** A renderer on `count` worker threads; 0 renders on this thread, when asked. Throws SightlineError `option`. */
export function createRenderer(recipe: Recipe, count = defaultWorkers(), prefetch = 3): Renderer {
  if (!(Number.isInteger(count) && count >= 0 && count <= 64)) {
    throw new SightlineError('option', `workers must be a whole number from 0 to 64, not ${count}.`);
  }
  if (!(Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= 64)) {
    throw new SightlineError('option', `prefetch must be a whole number from 1 to 64, not ${prefetch}.`);
  }
  return count === 0 ? localRenderer(recipe) : poolRenderer(recipe, count, prefetch);
}

function localRenderer(recipe: Recipe): Renderer {
  return {
    ahead: 0,
    render: (rows, out) => {
      renderRows(recipe, rows, out);
      return { isDone: () => true, help: () => false, cancel: () => {}, ready: async () => {} };
    },
  };
}

function poolRenderer(recipe: Recipe, count: number, prefetch: number): Renderer {
  const context = nextContext++;
  // Now, not at the first batch: a thread takes as long to start as the caller's network to be built.
  const workers = workerPool(count);
  const renderer: Renderer = {
    ahead: Math.max(prefetch, count),
    render: (rows, out) => {
      const idlest = workers.reduce((best, worker) => (worker.load < best.load ? worker : best));
      idlest.open(context, recipe);
      return idlest.submit(renderCall(context, rows, out), () => renderRows(recipe, rows, out));
    },
  };
  closing.register(renderer, context);
  return renderer;
}

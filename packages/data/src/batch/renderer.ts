// Who draws a source's batches: worker threads, shared by all sources of the process, or this thread.

import { availableParallelism } from 'node:os';
import { DataError } from '../error.ts';
import { type BatchRows, type Recipe, renderRows } from './render.ts';
import { RenderWorker, type Ticket } from './render-worker.ts';

export interface Renderer {
  /** Batches that may be under way before they are asked for. */
  readonly ahead: number;
  draw(rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Ticket;
}

const workers: RenderWorker[] = [];
let nextRecipe = 0;

/** The bytes of images stay in a worker's reach only while their source is in use. */
const closing = new FinalizationRegistry<number>((recipe) => {
  for (const worker of workers) worker.close(recipe);
});

/** One thread less than the machine has, from one to four: the training step needs the rest. */
const defaultWorkers = () => Math.min(Math.max(availableParallelism() - 1, 1), 4);

/** A renderer on `count` worker threads; 0 draws on this thread, when asked. Throws DataError `option`. */
export function createRenderer(recipe: Recipe, count = defaultWorkers(), prefetch = 3): Renderer {
  if (!(Number.isInteger(count) && count >= 0 && count <= 64)) {
    throw new DataError('option', `workers must be a whole number from 0 to 64, not ${count}.`);
  }
  if (!(Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= 64)) {
    throw new DataError('option', `prefetch must be a whole number from 1 to 64, not ${prefetch}.`);
  }
  return count === 0 ? hereRenderer(recipe) : workerRenderer(recipe, count, prefetch);
}

function hereRenderer(recipe: Recipe): Renderer {
  return {
    ahead: 0,
    draw: (rows, out) => {
      renderRows(recipe, rows, out);
      return { ready: async () => {} };
    },
  };
}

function workerRenderer(recipe: Recipe, count: number, prefetch: number): Renderer {
  const id = nextRecipe++;
  // Now, not at the first batch: a thread takes as long to start as the caller's network to be built.
  while (workers.length < count) workers.push(new RenderWorker());
  const renderer: Renderer = {
    ahead: Math.max(prefetch, count),
    draw: (rows, out) => {
      const idlest = workers
        .slice(0, count)
        .reduce((best, worker) => (worker.load < best.load ? worker : best));
      return idlest.draw(id, recipe, rows, out);
    },
  };
  closing.register(renderer, id);
  return renderer;
}

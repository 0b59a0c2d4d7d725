// Who draws a source's batches: worker threads, shared by all sources of the process, or this thread.

import { SightlineError } from '@sightline/core';
import { crew, startedCrew, usualCrew } from '../thread/crew.ts';
import type { Ticket } from '../thread/worker-thread.ts';
import { type BatchRows, type Recipe, renderRows } from './render.ts';

export interface Renderer {
  /** Batches that may be under way before they are asked for. */
  readonly ahead: number;
  draw(rows: BatchRows, out: Float32Array<SharedArrayBuffer>): Ticket;
}

let nextRecipe = 0;

/** The bytes of images stay in a worker's reach only while their source is in use. */
const closing = new FinalizationRegistry<number>((recipe) => {
  for (const thread of startedCrew()) thread.close(recipe);
});

/** A renderer on `count` worker threads; 0 draws on this thread, when asked. Throws SightlineError `option`. */
export function createRenderer(recipe: Recipe, count = usualCrew(), prefetch = 3): Renderer {
  if (!(Number.isInteger(count) && count >= 0 && count <= 64)) {
    throw new SightlineError('option', `workers must be a whole number from 0 to 64, not ${count}.`);
  }
  if (!(Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= 64)) {
    throw new SightlineError('option', `prefetch must be a whole number from 1 to 64, not ${prefetch}.`);
  }
  return count === 0 ? hereRenderer(recipe) : workerRenderer(recipe, count, prefetch);
}

function hereRenderer(recipe: Recipe): Renderer {
  return {
    ahead: 0,
    draw: (rows, out) => {
      renderRows(recipe, rows, out);
      return { isDone: () => true, help: () => false, cancel: () => {}, ready: async () => {} };
    },
  };
}

function workerRenderer(recipe: Recipe, count: number, prefetch: number): Renderer {
  const id = nextRecipe++;
  // Now, not at the first batch: a thread takes as long to start as the caller's network to be built.
  const threads = crew(count);
  const renderer: Renderer = {
    ahead: Math.max(prefetch, count),
    draw: (rows, out) => {
      const idlest = threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
      return idlest.draw(id, recipe, rows, out);
    },
  };
  closing.register(renderer, id);
  return renderer;
}

// The worker thread's side: keeps recipes by number and draws what it is asked for into shared memory.

import { workerData } from 'node:worker_threads';
import { DataError } from '../error.ts';
import { type Recipe, releaseRecipe, renderRows } from './render.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './render-worker.ts';

const { port } = workerData as WorkerStart;
const recipes = new Map<number, Recipe>();

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'open') recipes.set(request.recipe, request.value);
  else if (request.kind === 'close') close(request.recipe);
  else port.postMessage(draw(request));
});

function draw({ job, recipe, rows, out }: Extract<WorkerRequest, { kind: 'draw' }>): WorkerReply {
  try {
    renderRows(recipes.get(recipe)!, rows, out);
    return { job };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { job, error: { message, ...(error instanceof DataError ? { code: error.code } : {}) } };
  }
}

function close(recipe: number): void {
  const value = recipes.get(recipe);
  if (value !== undefined) releaseRecipe(value);
  recipes.delete(recipe);
}

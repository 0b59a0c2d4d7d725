// The worker thread's side: keeps recipes by number and draws what it is asked for into shared memory.

import { workerData } from 'node:worker_threads';
import { type Recipe, renderRows } from './render.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './render-worker.ts';

const { port } = workerData as WorkerStart;
const recipes = new Map<number, Recipe>();

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'open') recipes.set(request.recipe, request.value);
  else if (request.kind === 'close') recipes.delete(request.recipe);
  else port.postMessage(draw(request));
});

function draw({ job, recipe, epoch, rows, out }: Extract<WorkerRequest, { kind: 'draw' }>): WorkerReply {
  try {
    renderRows(recipes.get(recipe)!, epoch, rows, out);
    return { job };
  } catch (error) {
    return { job, error: error instanceof Error ? error.message : String(error) };
  }
}

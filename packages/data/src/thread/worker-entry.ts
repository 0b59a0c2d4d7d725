// The worker thread's side: draws batches into shared memory, and takes part in work on files.

import { workerData } from 'node:worker_threads';
import { type Recipe, releaseRecipe, renderRows } from '../batch/render.ts';
import { outcomeOf, told, type WorkerReply, type WorkerRequest, type WorkerStart } from './worker-thread.ts';

type Asked<Kind extends WorkerRequest['kind']> = Extract<WorkerRequest, { kind: Kind }>;

const { port } = workerData as WorkerStart;
const recipes = new Map<number, Recipe>();

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'open') recipes.set(request.recipe, request.value);
  else if (request.kind === 'close') close(request.recipe);
  else if (request.kind === 'draw') port.postMessage(draw(request));
  else takeItsPart(request).then((reply) => port.postMessage(reply));
});

function draw({ job, recipe, rows, out, claim }: Asked<'draw'>): WorkerReply {
  // Another thread may have drawn it while it waited in the queue here.
  if (Atomics.compareExchange(claim, 0, job, -job) !== job) return { job };
  return { job, ...outcomeOf(() => renderRows(recipes.get(recipe)!, rows, out)) };
}

async function takeItsPart({ job, work }: Asked<'part'>): Promise<WorkerReply> {
  try {
    // Not before it is needed: the decoder takes as long to load as hundreds of small images to decode.
    const { takePart } = await import('../decode/shared-work.ts');
    return { job, report: await takePart(work) };
  } catch (error) {
    return { job, error: told(error) };
  }
}

function close(recipe: number): void {
  const value = recipes.get(recipe);
  if (value !== undefined) releaseRecipe(value);
  recipes.delete(recipe);
}

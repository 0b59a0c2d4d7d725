// The worker thread's side: draws batches into shared memory, and takes part in work on files.

import { workerData } from 'node:worker_threads';
import { type Recipe, releaseRecipe, renderRows } from '../batch/render.ts';
import { CLAIM, DONE, WAITED_FOR } from './draw-state.ts';
import { outcomeOf, told, type WorkerReply, type WorkerRequest, type WorkerStart } from './worker-thread.ts';

type Asked<Kind extends WorkerRequest['kind']> = Extract<WorkerRequest, { kind: Kind }>;

const { port } = workerData as WorkerStart;
const recipes = new Map<number, Recipe>();

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'open') recipes.set(request.recipe, request.value);
  else if (request.kind === 'close') close(request.recipe);
  else if (request.kind === 'draw') draw(request);
  else takeItsPart(request).then((reply) => port.postMessage(reply));
});

function draw({ job, recipe, rows, out, state }: Asked<'draw'>): void {
  // Another thread may have drawn it while it waited in the queue here.
  if (Atomics.compareExchange(state, CLAIM, job, -job) !== job) return;
  const outcome = outcomeOf(() => renderRows(recipes.get(recipe)!, rows, out));
  if (outcome.error === undefined) {
    Atomics.store(state, DONE, 1);
    // A message costs the thread that asked a turn of its event loop: none unless it waits for one.
    if (Atomics.load(state, WAITED_FOR) === 0) return;
  }
  port.postMessage({ job, ...outcome } satisfies WorkerReply);
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

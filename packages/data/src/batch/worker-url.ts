// Where the worker's code is: a TypeScript file beside this one when run from sources, and in a build the entry
// `batch-worker.js` beside the bundle.

/** The address to start a batch worker from. */
export function batchWorkerUrl(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('./batch-worker.ts', import.meta.url);
  return new URL('batch-worker.js', import.meta.url);
}

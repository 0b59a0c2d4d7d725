// Where the worker's code is: a TypeScript file beside this one when run from sources, and in a build the entry
// `worker-entry.js` beside the bundle.

/** The address to start a worker thread from. */
export function workerUrl(): URL {
  const name = import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js';
  return new URL(name, import.meta.url);
}

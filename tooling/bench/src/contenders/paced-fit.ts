// Times steps of `fit`: its source waits before a batch until steps are asked for, and so knows when the last is done.

import type { BatchSource } from '@sightline/data';
import { type FitOptions, fit } from '@sightline/models';
import type * as tfl from '@tensorflow/tfjs-layers';

/** Seconds that so many steps take. */
export type Timer = (steps: number) => Promise<number>;

/** @param source gives the batches of epoch after epoch; what it takes to make them counts */
export function pacedFit(model: tfl.LayersModel, source: BatchSource, options: FitOptions): Timer {
  let request = Promise.withResolvers<{ steps: number; done: (seconds: number) => void }>();
  async function* paced() {
    let left = 0;
    let [began, done] = [0, (_: number) => {}];
    for (let epoch = 1; ; epoch++) {
      const batches = source.batches(epoch)[Symbol.asyncIterator]();
      for (;;) {
        if (left === 0) {
          done((performance.now() - began) / 1000);
          ({ steps: left, done } = await request.promise);
          request = Promise.withResolvers();
          began = performance.now();
        }
        const next = await batches.next();
        if (next.done) break;
        left--;
        yield next.value;
      }
    }
  }
  fit(model, { train: { ...source, batches: paced }, validation: source }, options).catch((error) => {
    console.error(error);
    process.exit(1);
  });
  return (steps) => new Promise((done) => request.resolve({ steps, done }));
}

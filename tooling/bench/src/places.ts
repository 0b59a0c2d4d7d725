/** Where the benchmarks keep things. What is under `.cache` git ignores; results are committed. */
import { fileURLToPath } from 'node:url';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  root: place('../../..'),
  bench: place('..'),
  experiment: place('../../../apps/car-or-other'),
  cli: place('../../../packages/sightline/src/main.ts'),
  results: place('../results'),
  scratch: place('../../../.cache/bench'),
} as const;

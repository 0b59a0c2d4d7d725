// Where the benchmarks keep things. What is under `.cache` and `.venv` git ignores; results are committed.

import { fileURLToPath } from 'node:url';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  root: place('../../..'),
  bench: place('..'),
  experiment: place('../../../apps/car-or-other'),
  cli: place('../../../packages/sightline/src/main.ts'),
  keras: place('../keras'),
  checks: place('../checks'),
  results: place('../results'),
  requirements: place('../requirements.txt'),
  environment: place('../../../.venv/peers'),
  scratch: place('../../../.cache/bench'),
  vgg16Weights: place('../../../packages/vgg16-weights/weights/vgg16-notop-fp16.safetensors'),
} as const;

/** Where the peers' programs and environment are. What is under `.cache` and `.venv` git ignores. */
import { fileURLToPath } from 'node:url';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  experiment: place('../../../apps/car-or-other'),
  cli: place('../../../packages/sightline/src/main.ts'),
  config: place('./peers.config.ts'),
  /** The reference experiments as Keras programs: checks and benchmarks run them. */
  keras: place('../keras'),
  onnx: place('../onnx'),
  torch: place('../torch'),
  /** What a Python program does with photographs. */
  sklearn: place('../sklearn'),
  checks: place('../checks'),
  requirements: place('../requirements.txt'),
  environment: place('../../../.venv/peers'),
  scratch: place('../../../.cache/peers'),
  /** Packages of npm that only the peers need. */
  tfjsNode: place('../../../.cache/peers-npm/tfjs-node'),
  graphModels: place('../../../.cache/peers-npm/graph-models'),
  root: place('../../..'),
  vitest: place('../../../node_modules/vitest/vitest.mjs'),
  tfjsNodeTests: place('../vitest.tfjs-node.ts'),
  vgg16Weights: place('../../../packages/vgg16-weights/weights/vgg16-notop-fp16.safetensors'),
} as const;

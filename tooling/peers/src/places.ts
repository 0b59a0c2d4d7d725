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
  /** What a Python program does with photographs. */
  sklearn: place('../sklearn'),
  checks: place('../checks'),
  requirements: place('../requirements.txt'),
  environment: place('../../../.venv/peers'),
  scratch: place('../../../.cache/peers'),
  vgg16Weights: place('../../../packages/vgg16-weights/weights/vgg16-notop-fp16.safetensors'),
} as const;

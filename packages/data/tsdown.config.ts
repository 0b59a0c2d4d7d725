import { defineConfig } from 'tsdown';

// The worker is an entry of its own: a file that `new Worker` can be given (src/workers/pool-worker.ts).
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    decode: 'src/decode/decode-image.ts',
    'worker-entry': 'src/worker-entry.ts',
  },
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

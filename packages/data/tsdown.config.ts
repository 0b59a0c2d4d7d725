import { defineConfig } from 'tsdown';

// The worker is an entry of its own: a file that `new Worker` can be given (src/batch/worker-url.ts).
export default defineConfig({
  entry: { index: 'src/index.ts', 'batch-worker': 'src/batch/batch-worker.ts' },
  dts: true,
  platform: 'node',
  fixedExtension: false,
});

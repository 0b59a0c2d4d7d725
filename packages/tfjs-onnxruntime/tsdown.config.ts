import { defineConfig } from 'tsdown';

// The worker is an entry of its own: a file that `new Worker` can be given (src/node/decode-sync.ts).
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    node: 'src/node/index.ts',
    'decode-worker': 'src/node/decode-worker.ts',
  },
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

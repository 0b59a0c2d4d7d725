import { defineConfig } from 'tsdown';

// The child is an entry of its own: a file that a process can be started with (src/untrusted/open.ts).
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    providers: 'src/provider.ts',
    'untrusted-child': 'src/untrusted/child.ts',
  },
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

import { defineConfig } from 'tsdown';

// Into lib: dist is the site.
export default defineConfig({
  entry: ['src/index.ts', 'src/live-process.ts'],
  outDir: 'lib',
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

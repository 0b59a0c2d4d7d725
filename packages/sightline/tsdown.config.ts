import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', main: 'src/main.ts', 'cli/index': 'src/cli/index.ts' },
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

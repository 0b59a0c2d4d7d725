import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['src/index.ts', 'src/files.ts', 'src/process.ts', 'src/schema.ts'],
  dts: true,
  sourcemap: true,
  platform: 'neutral',
  fixedExtension: false,
});

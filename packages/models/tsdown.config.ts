import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    backbones: 'src/backbones.ts',
    engines: 'src/engine/select.ts',
    experiment: 'src/experiment/index.ts',
  },
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
});

import { defineConfig } from 'tsdown';

export default defineConfig([
  { entry: 'src/node.ts', dts: true, sourcemap: true, platform: 'node', fixedExtension: false },
  {
    entry: 'src/browser.ts',
    dts: true,
    sourcemap: true,
    platform: 'browser',
    fixedExtension: false,
    clean: false,
  },
]);

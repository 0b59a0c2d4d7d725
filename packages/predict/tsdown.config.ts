import { defineConfig } from 'tsdown';

export default defineConfig([
  { entry: 'src/node.ts', dts: true, platform: 'node', fixedExtension: false },
  { entry: 'src/browser.ts', dts: true, platform: 'browser', fixedExtension: false, clean: false },
]);

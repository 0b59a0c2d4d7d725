// The engine suite with the tfjs-node that src/build-tfjs-node.ts built.

import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import all from '../../vitest.config.ts';
import { places } from './src/places.ts';

export default mergeConfig(all, {
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: {
    alias: [
      {
        find: /^@tensorflow\/tfjs-node$/,
        replacement: `${places.tfjsNode}/node_modules/@tensorflow/tfjs-node/dist/index.js`,
      },
    ],
  },
});

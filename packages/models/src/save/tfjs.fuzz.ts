// `npm run fuzz -- tfjs`: the `model.json` of TensorFlow.js beside whole weights, to the network that comes out.

import { dirname } from 'node:path';
import { fuzzed } from '../testing/fuzzed-network.ts';
import { loadModel, saveModel } from './tfjs.ts';

export const { seeds, parse } = fuzzed(
  'model.json',
  (model, path, metadata) => saveModel(model, dirname(path), metadata),
  (path) => loadModel(dirname(path)),
);

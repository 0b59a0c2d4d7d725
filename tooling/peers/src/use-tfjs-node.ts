// For `node --import`: finds @tensorflow/tfjs-node where build-tfjs-node.ts put it.

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { places } from './places.ts';

const parentURL = pathToFileURL(`${places.tfjsNode}/`).href;

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, specifier === '@tensorflow/tfjs-node' ? { ...context, parentURL } : context),
});

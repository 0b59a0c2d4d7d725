// Weights that follow from one seed. TensorFlow.js draws each weight from its layer's initializer, which is
// seeded only if its configuration says so; `seedNetwork` writes a seed of its own into each of them and
// builds the network again from that configuration.

import { derivedSeed } from '@sightline/core';
import * as tfl from '@tensorflow/tfjs-layers';
import './dropout.ts';

interface Config {
  [key: string]: unknown;
}

/**
 * The same network with weights drawn from `seed`: each initializer and each dropout gets a seed derived from it
 * and from its place, unless its author gave it one. `model` is disposed. Layers of one's own must be registered
 * with `tf.serialization.registerClass`.
 */
export async function seedNetwork(model: tfl.LayersModel, seed: number): Promise<tfl.LayersModel> {
  const config = model.toJSON(null, false) as Config;
  // Place 0 of a seed is left to the order of its batches.
  let place = 1;
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
    } else if (node !== null && typeof node === 'object') {
      const entry = node as Config;
      for (const key of Object.keys(entry)) visit(entry[key]);
      if ('seed' in entry && entry.seed == null) entry.seed = derivedSeed(seed, place++);
    }
  };
  visit(config);
  const seeded = await tfl.models.modelFromJSON(config as Parameters<typeof tfl.models.modelFromJSON>[0]);
  model.dispose();
  return seeded;
}

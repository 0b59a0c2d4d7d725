// First weights that follow from one seed. TensorFlow.js samples each weight from its layer's initializer, which is
// seeded only if its configuration says so; `seedNetwork` writes a seed of its own into each of them and builds the
// network again from that configuration. Weights that the network's author has set (pretrained ones) are kept.

import { derivedSeed } from '@sightline/core';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import './dropout.ts';

interface Config {
  [key: string]: unknown;
}

/**
 * The weights that were written after their layer was built, by `setWeights`, `loadWeights` or a loaded model. Nothing
 * in TensorFlow.js tells them from sampled ones, so each write is noted.
 */
const written = new WeakSet<tfl.LayerVariable>();
const { write } = tfl.LayerVariable.prototype;
tfl.LayerVariable.prototype.write = function (this: tfl.LayerVariable, value: tf.Tensor) {
  written.add(this);
  return write.call(this, value);
};

/**
 * The same network with first weights that follow from `seed`: each initializer and each dropout gets a seed derived
 * from it and from its place, unless its author gave it one. Weights that were set keep their values. `model` is
 * disposed. Custom layers must be registered with `tf.serialization.registerClass`.
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
  model.weights.forEach((weight, i) => {
    if (written.has(weight)) seeded.weights[i]!.write(weight.read());
  });
  model.dispose();
  return seeded;
}

// Refuses networks and data that do not fit each other before anything is computed.

import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import type * as tfl from '@tensorflow/tfjs-layers';
import { SeededDropout } from '../networks/dropout.ts';

/** Throws SightlineError unless the rows have the network's input shape and its number of classes. */
export function checkSource(
  model: tfl.LayersModel,
  classes: number,
  source: BatchSource,
  split: string,
): void {
  const expected = model.inputs[0]!.shape.slice(1);
  const { rowShape } = source;
  if (rowShape.length !== expected.length || rowShape.some((size, i) => (expected[i] ?? size) !== size)) {
    throw new SightlineError(
      'data',
      `The network takes ${expected.map((size) => size ?? 'any').join('x')}, but the ${split} data are ${rowShape.join('x')}. Give both the same image size.`,
    );
  }
  if (source.classes.length !== classes) {
    throw new SightlineError(
      'data',
      `The network tells ${classes} classes apart, but the ${split} data have ${source.classes.length}: ${source.classes.join(', ')}.`,
    );
  }
  if (source.size === 0) throw new SightlineError('data', `The ${split} data hold no images.`);
}

/** Layers whose random numbers TensorFlow.js draws outside of the graph: a compiled step would repeat them. */
const UNSEEDED = [
  'Dropout',
  'GaussianDropout',
  'GaussianNoise',
  'AlphaDropout',
  'SpatialDropout1D',
  'RandomWidth',
];

/** Throws SightlineError for a layer whose random numbers no seed reaches. */
export function checkRandomLayers(model: tfl.LayersModel): void {
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    if (!UNSEEDED.includes(kind) || layer instanceof SeededDropout) continue;
    const remedy =
      kind === 'Dropout' ? 'Pass the network through seedNetwork(model, seed) first' : 'Use Dropout instead';
    throw new SightlineError(
      'network',
      `The layer ${layer.name} (${kind}) draws random numbers that no seed reaches. ${remedy}.`,
    );
  }
}

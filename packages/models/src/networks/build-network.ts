// A network with its first weights.

import { SightlineError } from '@sightline/core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { loadNetwork, type Network, type NetworkName } from './index.ts';
import { seedNetwork } from './seed.ts';

/**
 * An untrained classifier for inputs of this shape (without the batch) and this number of classes; the same seed gives
 * the same weights. Throws SightlineError `network` where the input is too small, or of a kind that its layers cannot take.
 */
export async function buildNetwork(
  network: NetworkName | Network,
  inputShape: readonly number[],
  classes: number,
  seed: number,
): Promise<tfl.LayersModel> {
  return seedNetwork(firstNetwork(network, await loadNetwork(network), inputShape, classes), seed);
}

function firstNetwork(
  network: NetworkName | Network,
  build: Network,
  inputShape: readonly number[],
  classes: number,
): tfl.LayersModel {
  try {
    return build(inputShape, classes);
  } catch (cause) {
    // A function's own error is its author's to see.
    if (cause instanceof SightlineError || typeof network === 'function') throw cause;
    throw new SightlineError(
      'network',
      `The network ${network} cannot take an input of ${inputShape.join('x')}. For the features of a backbone, choose logistic or dense-backend.`,
      { cause },
    );
  }
}

// A network with its first weights.

import type * as tfl from '@tensorflow/tfjs-layers';
import { loadNetwork, type Network, type NetworkName } from './index.ts';
import { seedNetwork } from './seed.ts';

/**
 * An untrained classifier for inputs of this shape (without the batch) and this number of classes; the same seed gives
 * the same weights. Throws SightlineError `network` where the input is too small.
 */
export async function buildNetwork(
  network: NetworkName | Network,
  inputShape: readonly number[],
  classes: number,
  seed: number,
): Promise<tfl.LayersModel> {
  return seedNetwork((await loadNetwork(network))(inputShape, classes), seed);
}

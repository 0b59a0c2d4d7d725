// An experiment's network for given data, with its first weights.

import type { BatchSource } from '@sightline/data';
import type * as tfl from '@tensorflow/tfjs-layers';
import { networks } from '../networks/index.ts';
import { seedNetwork } from '../networks/seed.ts';
import type { Experiment } from './experiment.ts';

/** The network for rows and classes as `source` has them; the same seed gives the same weights. */
export async function buildNetwork(
  { network }: Pick<Experiment, 'network'>,
  { rowShape, classes }: Pick<BatchSource, 'rowShape' | 'classes'>,
  seed: number,
): Promise<tfl.LayersModel> {
  const build = typeof network === 'function' ? network : networks[network];
  return seedNetwork(build(rowShape, classes.length), seed);
}

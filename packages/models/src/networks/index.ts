/** The networks that an experiment can name. To add one, write its file and add its line to the table. */

import type { Network } from './network.ts';

export type { Network } from './network.ts';

interface NetworkEntry {
  /** A noun phrase, for usage pages. */
  readonly description: string;
  /** The shortest side of the images that it takes. Default: 1. */
  readonly minimumSize?: number;
  /** TensorFlow.js is loaded with the network, not with the table. */
  load(): Promise<Network>;
}

export const NETWORKS = {
  baseline: {
    description: 'two strided convolutions, 53,953 parameters',
    minimumSize: 32,
    load: async () => (await import('./baseline.ts')).baseline,
  },
  'dense-backend': {
    description: 'a linear hidden layer on the features of a backbone',
    load: async () => (await import('./dense-backend.ts')).denseBackend,
  },
  residual: {
    description: 'residual blocks with batch normalization, for images of 32 to 96 pixels',
    load: async () => (await import('./residual.ts')).residual,
  },
  depthwise: {
    description: 'depthwise separable convolutions',
    load: async () => (await import('./depthwise.ts')).depthwise,
  },
  airbench: {
    description:
      'whitened patches and convolutions that begin as the identity, for images of about 32 pixels',
    minimumSize: 25,
    load: async () => (await import('./airbench.ts')).airbench,
  },
} as const satisfies Readonly<Record<string, NetworkEntry>>;

export type NetworkName = keyof typeof NETWORKS;

/** The shortest side of the images that a network takes, as far as is known before it is built. */
export const minimumSizeOf = (network: NetworkName | Network): number =>
  typeof network === 'function' ? 1 : ((NETWORKS[network] as NetworkEntry).minimumSize ?? 1);

/** The network of this name; a function is its own. */
export async function loadNetwork(network: NetworkName | Network): Promise<Network> {
  return typeof network === 'function' ? network : NETWORKS[network].load();
}

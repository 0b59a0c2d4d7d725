/** The pretrained networks by name. One is loaded only when it is asked for: its weights are tens of megabytes. */

import type { Backbone } from '@sightline/backbone';
import { listed, nearest, SightlineError } from '@sightline/core';

interface BackboneEntry {
  /** What it is, for help and documentation. */
  readonly about: string;
  /** @param weights the path of a weights file in place of the embedded ones */
  readonly load: (weights?: string) => Promise<Backbone>;
}

/** Everything that lists backbones (options, schemas, documentation) derives from this table. */
export const BACKBONES = {
  'efficientnet-lite0': {
    about: 'EfficientNet-Lite0: 1,280 features, best on images of 224x224',
    load: async (weights) => {
      refuseWeights('efficientnet-lite0', weights);
      return (await import('@sightline/efficientnet-lite')).loadEfficientNetLite0();
    },
  },
  vgg16: {
    about: 'VGG16: 512 features for each 32x32 pixels of an image',
    load: async (weights) => (await import('@sightline/vgg16')).loadVgg16(weights ? { weights } : {}),
  },
} as const satisfies Readonly<Record<string, BackboneEntry>>;

export type BackboneName = keyof typeof BACKBONES;

export const BACKBONE_NAMES = Object.keys(BACKBONES) as [BackboneName, ...BackboneName[]];

const isBackbone = (name: string): name is BackboneName => Object.hasOwn(BACKBONES, name);

/**
 * Loads a backbone by its name.
 *
 * @param weights the path of a weights file, for a backbone that reads them. Default: the embedded ones
 * @throws SightlineError `option` for another name or weights that it does not read, `weights` if a file is damaged
 */
export async function loadBackbone(name: string, weights?: string): Promise<Backbone> {
  if (isBackbone(name)) return BACKBONES[name].load(weights);
  const near = nearest(name, BACKBONE_NAMES);
  throw new SightlineError(
    'option',
    `There is no backbone ${name}: choose ${listed(BACKBONE_NAMES, 'or')}.`,
    near ? { hint: `Did you mean ${near}?` } : {},
  );
}

function refuseWeights(name: string, weights: string | undefined): void {
  if (weights === undefined) return;
  throw new SightlineError('option', `${name} has its own weights: leave out ${weights}.`);
}

/** The pretrained networks by name. One is loaded only when it is asked for: its weights are tens of megabytes. */

import type { Backbone, ClassName, DownloadOptions } from '@sightline/backbone';
import { listed, nearest, SightlineError } from '@sightline/core';
import type { InputRange } from '@sightline/image';
import type { FileBackbone } from './onnx/file-backbone.ts';

export interface BackboneEntry {
  /** What it is, for help and documentation. */
  readonly about: string;
  /** The shortest side of the images that it takes. */
  readonly minimumSize: number;
  /** How many of its last blocks are fine-tuned, and the learning rate of the classifier meanwhile. */
  readonly fineTune: { readonly blocks: number; readonly learningRate: number };
  /** @param weights the path of a weights file in place of the embedded ones */
  readonly load: (weights?: string) => Promise<Backbone>;
  /** Loads it with a classifier of its own on top; absent where it has none. */
  readonly loadClassifier?: (source?: ClassifierSource) => Promise<Backbone>;
  /** Downloads weights with ImageNet's 1,000 classes, and returns their path; absent where the embedded ones have them. */
  readonly download?: (options: DownloadOptions) => Promise<string>;
}

/** Where a pretrained network's own classifier comes from. */
export interface ClassifierSource {
  /** The path of a weights file with the classifier. Default: the embedded weights. */
  readonly weights?: string | undefined;
  /** The names of that file's classes, in order. Default: ImageNet's. */
  readonly classNames?: readonly ClassName[] | undefined;
}

/** Everything that lists backbones (options, schemas, documentation) derives from this table. */
export const BACKBONES = {
  'efficientnet-lite0': {
    about: 'EfficientNet-Lite0: 1,280 features, best on images of 224x224',
    minimumSize: 32,
    fineTune: { blocks: 5, learningRate: 0.001 },
    load: loadLite0,
    loadClassifier: ({ weights } = {}) => loadLite0(weights),
  },
  vgg16: {
    about: 'VGG16: 512 features for each 32x32 pixels of an image',
    minimumSize: 32,
    // A tenth: its weights are smaller, and no normalization was folded into them.
    fineTune: { blocks: 1, learningRate: 0.0001 },
    load: async (weights) => (await import('@sightline/vgg16')).loadVgg16(weights ? { weights } : {}),
    loadClassifier: async ({ weights, classNames } = {}) => {
      const { loadVgg16 } = await import('@sightline/vgg16');
      if (weights === undefined) return loadVgg16({ top: 'head200' });
      return loadVgg16({ weights, top: 'imagenet', classNames: classNames ?? (await imagenetClasses()) });
    },
    download: async (options) => (await import('@sightline/vgg16')).downloadVgg16Weights(options),
  },
} as const satisfies Readonly<Record<string, BackboneEntry>>;

export type BackboneName = keyof typeof BACKBONES;

export const BACKBONE_NAMES = Object.keys(BACKBONES) as [BackboneName, ...BackboneName[]];

/** Those that have a classifier of their own. */
export const CLASSIFIER_NAMES = BACKBONE_NAMES.filter((name) => 'loadClassifier' in BACKBONES[name]);

/** Those that take other weights from a file. */
export const WITH_WEIGHTS = BACKBONE_NAMES.filter((name) => 'download' in BACKBONES[name]);

export const isBackbone = (name: string): name is BackboneName => Object.hasOwn(BACKBONES, name);

/** Whether a backbone is named by a file. */
export const isBackboneFile = (name: string): boolean => name.endsWith('.onnx');

/**
 * Loads a backbone by its name, or from an ONNX file.
 *
 * @param weights the path of a weights file, for a backbone that reads them. Default: the embedded ones
 * @param inputRange the pixel values that a network of a file takes
 * @throws SightlineError `option` for another name or weights that it does not read, `weights` if a file is damaged; as
 *   `loadFileBackbone`
 */
export async function loadBackbone(
  name: string,
  weights?: string,
  inputRange?: InputRange,
): Promise<FileBackbone> {
  if (isBackboneFile(name)) {
    if (weights === undefined)
      return (await import('./onnx/file-backbone.ts')).loadFileBackbone(name, inputRange);
    throw ownWeights(name, weights);
  }
  if (inputRange !== undefined) {
    throw new SightlineError('option', `${name} knows its pixel values: leave out --input-range.`);
  }
  if (isBackbone(name)) return BACKBONES[name].load(weights);
  const near = nearest(name, BACKBONE_NAMES);
  throw new SightlineError(
    'option',
    `There is no backbone ${name}: choose ${listed(BACKBONE_NAMES, 'or')}.`,
    near ? { hint: `Did you mean ${near}?` } : {},
  );
}

const ownWeights = (name: string, weights: string): SightlineError =>
  new SightlineError('option', `${name} has its own weights: leave out ${weights}.`);

async function loadLite0(weights?: string): Promise<Backbone> {
  if (weights !== undefined) throw ownWeights('efficientnet-lite0', weights);
  return (await import('@sightline/efficientnet-lite')).loadEfficientNetLite0();
}

const imagenetClasses = async (): Promise<ClassName[]> =>
  (await import('@sightline/efficientnet-lite-weights')).loadImagenetClasses();

/** Classifies images by ImageNet's classes, with a pretrained network's own classifier: nothing is trained. */

import {
  type Backbone,
  type ClassName,
  type DownloadOptions,
  type Guess,
  type OpenBackbone,
  openBackbone,
} from '@sightline/backbone';
import { listed, SightlineError } from '@sightline/core';
import type { CropOptions, ResizeOptions } from '@sightline/image';
import {
  BACKBONES,
  type BackboneEntry,
  type BackboneName,
  CLASSIFIER_NAMES,
  WITH_WEIGHTS,
} from '@sightline/models/backbones';
import { type WorkOptions, workOf } from '../events.ts';
import { readClassNames } from './class-names.ts';
import { decodeItems, imageFiles } from './read-images.ts';

export interface ClassifyOptions extends WorkOptions {
  /** Default: efficientnet-lite0, or the one that `weights` are for. */
  readonly backbone?: BackboneName | undefined;
  /** A file of VGG16's weights with its 1,000 classes. Default: the embedded weights, with 200 classes. */
  readonly weights?: string | undefined;
  /** Download VGG16's weights with its 1,000 classes (553 MB), once. Default: false. */
  readonly download?: boolean | undefined;
  /** A file of names for the classes of `weights`, in order (see `readClassNames`). Default: ImageNet's. */
  readonly classNames?: string | undefined;
  /** Classes per image, the most probable first. Default: 5. */
  readonly top?: number | undefined;
}

export interface ClassifiedImage {
  readonly path: string;
  readonly classes: readonly Guess[];
}

export interface Classified extends Pick<OpenBackbone, 'provider' | 'device' | 'weights'> {
  readonly backbone: string;
  readonly images: readonly ClassifiedImage[];
  /** Images that could not be decoded. */
  readonly failures: readonly { readonly path: string; readonly reason: string }[];
}

/** Images that are decoded before they are classified: 10 MB of 224x224. */
const BATCH_SIZE = 64;

/** @see classify in the package's index */
export async function classify(
  paths: readonly string[],
  { top = 5, ...options }: ClassifyOptions = {},
): Promise<Classified> {
  const { signal, emit } = workOf(options);
  const name = chosenBackbone(options);
  const files = await imageFiles(paths);
  const backbone = await loadClassifier(name, options);
  const prepare = prepared(backbone);
  const opened = await openBackbone(backbone, { imageSize: prepare.size, top: true });
  const images: ClassifiedImage[] = [];
  const failures: Classified['failures'][number][] = [];
  try {
    for (let from = 0; from < files.length; from += BATCH_SIZE) {
      signal.throwIfAborted();
      const items = files.slice(from, from + BATCH_SIZE).map((path) => ({ path }));
      const decoded = await decodeItems(items, prepare, []);
      const { data, paths: read } = decoded.images;
      const guesses = await opened.classify(data, read.length, { signal, top });
      images.push(...read.map((path, i) => ({ path, classes: guesses[i]! })));
      failures.push(...decoded.failures);
      emit({ event: 'progress', what: 'classifying', done: from + items.length, total: files.length });
    }
  } finally {
    opened.release();
  }
  const { provider, device, weights } = opened;
  return { backbone: backbone.name, provider, device, weights, images, failures };
}

const entryOf = (name: BackboneName): BackboneEntry => BACKBONES[name];

/** Throws SightlineError `usage` for options that contradict each other. */
function chosenBackbone({ backbone, weights, download, classNames }: ClassifyOptions): BackboneName {
  const hasFile = weights !== undefined || download === true;
  if (classNames !== undefined && !hasFile) {
    throw new SightlineError('usage', '--class-names are for the classes of --weights FILE.');
  }
  if (weights !== undefined && download) {
    throw new SightlineError('usage', 'Expected --weights FILE or --download, but got both.');
  }
  if (hasFile && backbone !== undefined && !WITH_WEIGHTS.includes(backbone)) {
    const names = listed(WITH_WEIGHTS, 'or');
    throw new SightlineError('usage', `--weights and --download are for ${names}, not ${backbone}.`);
  }
  return backbone ?? (hasFile ? WITH_WEIGHTS : CLASSIFIER_NAMES)[0]!;
}

async function loadClassifier(
  name: BackboneName,
  { weights, download, classNames, signal, onEvent }: ClassifyOptions,
): Promise<Backbone> {
  const entry = entryOf(name);
  const onProgress: DownloadOptions['onProgress'] = (done, total) =>
    onEvent?.({ event: 'progress', what: 'downloading bytes', done, total });
  const file = download ? await entry.download?.({ onProgress, ...(signal ? { signal } : {}) }) : weights;
  return entry.loadClassifier!({
    weights: file,
    classNames: classNames === undefined ? undefined : await namedIn(classNames),
  });
}

const namedIn = async (path: string): Promise<ClassName[]> =>
  (await readClassNames(path)).map((name) => ({ name }));

/** The middle square, as networks for ImageNet were trained and measured. */
const prepared = ({ imageSize, cropFraction = 0.875 }: Backbone): ResizeOptions & CropOptions => ({
  size: imageSize,
  interpolation: 'bilinear',
  fit: 'crop',
  cropFraction,
});

/** Classifies images by ImageNet's classes, with a pretrained network's own classifier: nothing is trained. */

import {
  type Backbone,
  type ClassName,
  type DownloadOptions,
  type Guess,
  type OpenBackbone,
  openBackbone,
} from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import type { CropOptions, ResizeOptions } from '@sightline/image';
import type { BackboneName } from '@sightline/models';
import { type WorkOptions, workOf } from '../events.ts';
import { readClassNames } from './class-names.ts';
import { decodeItems, imageFiles } from './read-images.ts';

export interface ClassifyOptions extends WorkOptions {
  /** Default: efficientnet-lite0, or vgg16 where weights are named or downloaded. */
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

/** How images are cut and resized for a network. */
type Preparation = ResizeOptions & CropOptions;

/** The middle square, as networks for ImageNet were trained and measured. */
const middle = (side: number, cropFraction: number): Preparation => ({
  size: [side, side],
  interpolation: 'bilinear',
  fit: 'crop',
  cropFraction,
});

interface Loaded {
  readonly backbone: Backbone;
  readonly prepare: Preparation;
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
  const { backbone, prepare } = await LOADERS[name](options);
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

/** Throws SightlineError `usage` for options that contradict each other. */
function chosenBackbone({ backbone, weights, download, classNames }: ClassifyOptions): BackboneName {
  const hasFile = weights !== undefined || download === true;
  if (classNames !== undefined && !hasFile) {
    throw new SightlineError('usage', '--class-names are for the classes of --weights FILE.');
  }
  if (weights !== undefined && download) {
    throw new SightlineError('usage', 'Expected --weights FILE or --download, but got both.');
  }
  if (hasFile && backbone !== undefined && backbone !== 'vgg16') {
    throw new SightlineError('usage', `--weights and --download are for vgg16, not ${backbone}.`);
  }
  return backbone ?? (hasFile ? 'vgg16' : 'efficientnet-lite0');
}

async function loadLite0(): Promise<Loaded> {
  const [{ loadEfficientNetLite0 }, { lite0 }] = await Promise.all([
    import('@sightline/efficientnet-lite'),
    import('@sightline/efficientnet-lite-weights'),
  ]);
  return {
    backbone: await loadEfficientNetLite0(),
    prepare: middle(lite0.imageSize[0], lite0.cropFraction),
  };
}

async function loadVgg16({
  weights,
  download,
  classNames,
  signal,
  onEvent,
}: ClassifyOptions): Promise<Loaded> {
  const { downloadVgg16Weights, loadVgg16 } = await import('@sightline/vgg16');
  const onProgress: DownloadOptions['onProgress'] = (done, total) =>
    onEvent?.({ event: 'progress', what: 'downloading bytes', done, total });
  const file = download ? await downloadVgg16Weights({ onProgress, ...(signal ? { signal } : {}) }) : weights;
  if (file === undefined) {
    return { backbone: await loadVgg16({ top: 'head200' }), prepare: middle(128, 1) };
  }
  const classes = await (classNames === undefined ? imagenetClasses() : namedIn(classNames));
  const backbone = await loadVgg16({ weights: file, top: 'imagenet', classNames: classes });
  return { backbone, prepare: middle(224, 0.875) };
}

const imagenetClasses = async (): Promise<ClassName[]> =>
  await (await import('@sightline/efficientnet-lite-weights')).loadImagenetClasses();

const namedIn = async (path: string): Promise<ClassName[]> =>
  (await readClassNames(path)).map((name) => ({ name }));

const LOADERS: Readonly<Record<BackboneName, (options: ClassifyOptions) => Promise<Loaded>>> = {
  'efficientnet-lite0': loadLite0,
  vgg16: loadVgg16,
};

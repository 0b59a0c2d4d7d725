// Where the weights and class names lie, the hashes of their bytes, and the preprocessing and accuracy that go with them.

import { readFile } from 'node:fs/promises';

/** A file of this package and the sha256 (hex) of its bytes. */
export interface WeightsFile {
  readonly url: URL;
  readonly sha256: string;
}

/** The preprocessing of the training images: (x / scale - mean) / deviation for bytes x of each channel, RGB. */
export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

export interface Lite0Weights extends WeightsFile {
  readonly origin: string;
  readonly license: string;
  readonly preprocessing: Preprocessing;
  /** Height and width of the images that the network was trained on. */
  readonly imageSize: readonly [number, number];
  /** Side of the middle square that is classified, as a fraction of the image's shorter side. */
  readonly cropFraction: number;
  /** Number of weights without and with the 1,000-class classifier. */
  readonly parameters: { readonly features: number; readonly total: number };
  /** Published top-1 accuracy on ImageNet's validation set, in float32 at 224x224. */
  readonly top1: number;
}

/**
 * The 49 convolutions of EfficientNet-Lite0 with batch norm folded in, and its classifier, float16:
 * `<layer>.weight` (OIHW; depthwise (C, 1, k, k); classifier (1000, 1280)) and `<layer>.bias`.
 */
export const lite0: Lite0Weights = {
  url: new URL('../weights/efficientnet-lite0-fp16.safetensors', import.meta.url),
  sha256: '1ca67c4603ed321a12a0947521452deb3a3d48328eb538eaf23c0dd80915e0cb',
  origin: 'EfficientNet-Lite0 of tensorflow/tpu, trained on ImageNet',
  license: 'Apache-2.0',
  preprocessing: { scale: 1, mean: [127, 127, 127], deviation: [128, 128, 128] },
  imageSize: [224, 224],
  cropFraction: 0.875,
  parameters: { features: 3_350_000, total: 4_631_000 },
  top1: 0.751,
};

/** The names of ImageNet's 1,000 classes. */
export const imagenetClasses: WeightsFile = {
  url: new URL('../weights/imagenet-classes.json', import.meta.url),
  sha256: '3301b136b2e7ee57a3cc70154d732b196b8a82bdc017ccde6475ae212bfe1fcc',
};

export interface ImageClass {
  /** WordNet id, `n` and eight digits. */
  readonly wnid: string;
  /** Not unique: `crane` and `maillot` occur twice, with different ids and synonyms. */
  readonly name: string;
  readonly synonyms: readonly string[];
}

/** ImageNet's 1,000 classes in the order of the classifier's outputs. */
export async function loadImagenetClasses(): Promise<ImageClass[]> {
  return JSON.parse(await readFile(imagenetClasses.url, 'utf8')) as ImageClass[];
}

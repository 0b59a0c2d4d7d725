// Numbers only: where the weights lie, what they must hash to, and what they were trained with and reached.

import { readFile } from 'node:fs/promises';

/** A file of this package and the sha256 (hex) of its bytes. */
export interface WeightsFile {
  readonly url: URL;
  readonly sha256: string;
}

/** What was done to the images that the weights were trained on: (x / scale - mean) / deviation, by channel. */
export interface Preprocessing {
  readonly channels: 'RGB';
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The 13 convolutions of VGG16, `block1_conv1.weight` (OIHW) and `.bias` … `block5_conv3.bias`, float16. */
export const notop: WeightsFile & { readonly preprocessing: Preprocessing; readonly parameters: number } = {
  url: new URL('../weights/vgg16-notop-fp16.safetensors', import.meta.url),
  sha256: '0ed95c0e0fcc525311e77f5cbee8934d1852d2f6459dab39860d454764253a14',
  preprocessing: {
    channels: 'RGB',
    scale: 255,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  },
  parameters: 14_714_688,
};

export interface Head200 extends WeightsFile {
  readonly classes: WeightsFile;
  /** Height and width of the images that it was trained on. */
  readonly inputSize: readonly [number, number];
  /** On 2,500 validation images of Tiny ImageNet, used for neither training nor calibration. */
  readonly accuracy: { readonly top1: number; readonly top5: number; readonly meanConfidence: number };
}

/**
 * A linear classifier of 200 ImageNet classes: `head.weight` (200, 2048) float16 and `head.bias` float32 over the
 * features (4, 4, 512) of a 128x128 image, average-pooled 2x2 stride 2 and flattened (row, column, channel).
 */
export const head200: Head200 = {
  url: new URL('../weights/vgg16-head200-fp16.safetensors', import.meta.url),
  sha256: '641dd7ee6b228d3edbdca8c18605b783024620536c6c433f36dec6ef2c025b81',
  classes: {
    url: new URL('../weights/vgg16-head200-classes.json', import.meta.url),
    sha256: 'e249d876beae68d61066881d2a21d674a326afafbda5393f67ed84ba3d0fdff5',
  },
  inputSize: [128, 128],
  accuracy: { top1: 0.558, top5: 0.783, meanConfidence: 0.543 },
};

export interface ImageClass {
  /** WordNet id, `n` and eight digits. */
  readonly wnid: string;
  readonly name: string;
  readonly synonyms: readonly string[];
}

/** The head's 200 classes in the order of its outputs. */
export async function loadHead200Classes(): Promise<ImageClass[]> {
  return JSON.parse(await readFile(head200.classes.url, 'utf8')) as ImageClass[];
}

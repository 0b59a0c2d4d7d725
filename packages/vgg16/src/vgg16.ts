/** VGG16 as a backbone: its table, its weights from one of several sources, and a classifier on top. */

import {
  type Backbone,
  type ClassName,
  defineBackbone,
  type LayerRow,
  layerRows,
  type Size,
} from '@sightline/backbone';
import { notop } from '@sightline/vgg16-weights';
import { layersOf, MINIMUM_SIZE, TOP_IMAGE_SIZE, topRows } from './architecture.ts';
import { topOf } from './top.ts';
import { loadWeights, type TopName } from './weights.ts';
import { appendWinograd } from './winograd.ts';

export interface Vgg16Options {
  /**
   * `embedded`, or the path of a file, each with the preprocessing that it was trained with: Keras' HDF5 files (`.h5`),
   * the ONNX Model Zoo's `vgg16-12.onnx`, or safetensors with the names and shapes of the embedded one. Default:
   * embedded.
   */
  readonly weights?: string;
  /**
   * `head200` adds the classifier of 200 classes for images of 128x128 to the embedded weights; `imagenet` VGG16's own
   * dense layers for 1,000 classes of images of 224x224, if the weights file holds them. Default: none.
   */
  readonly top?: TopName;
  /** The 1,000 classes of `imagenet`, in order. Default: `class 0` to `class 999`: the files have none. */
  readonly classNames?: readonly ClassName[];
}

/**
 * Loads VGG16.
 *
 * @throws SightlineError `weights` if the file cannot be read or lacks a layer, `input` if class names do not fit the top
 */
export async function loadVgg16(options: Vgg16Options = {}): Promise<Backbone> {
  const { weights: source = 'embedded', top: name = 'none', classNames } = options;
  const weights = await loadWeights(source, name);
  const top = await topOf(name, weights, classNames);
  const { tensors, preprocessing, origin } = weights;
  const known = { license: 'BSD-3-Clause', sha256: notop.sha256 };
  return defineBackbone({
    name: 'vgg16',
    weights: { origin, ...(source === 'embedded' ? known : { license: 'NOASSERTION' }) },
    imageSize: top?.imageSize ?? TOP_IMAGE_SIZE,
    minimumSize: MINIMUM_SIZE,
    preprocessing,
    table: layersOf(),
    tensors,
    topRows,
    appendFast: appendWinograd(tensors),
    ...(top ? { top } : {}),
  });
}

/** The layer table without loading weights: with the top, on images of 224x224, 138,357,544 parameters. */
export const layerTable = (imageSize: Size = TOP_IMAGE_SIZE, top = true): LayerRow[] => [
  ...layerRows(layersOf(), imageSize),
  ...(top ? topRows(imageSize) : []),
];

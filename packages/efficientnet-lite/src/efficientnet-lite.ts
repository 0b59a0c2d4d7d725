// EfficientNet-Lite0 as a backbone, with the embedded weights and ImageNet's 1,000 classes.

import { readFile } from 'node:fs/promises';
import {
  type Backbone,
  defineBackbone,
  type LayerRow,
  parametersOf,
  readSafetensors,
} from '@sightline/backbone';
import { lite0, loadImagenetClasses } from '@sightline/efficientnet-lite-weights';
import { op } from '@sightline/onnx';
import { CLASSES, FEATURES, LAYERS } from './architecture.ts';
import { PHOTO_RANGES } from './ranges.ts';

/** The smallest height and width: five layers halve them. */
const MINIMUM_SIZE = 32;

/** More images at once push the activations of the first blocks out of the processor's cache. */
const BATCH_SIZE = 4;

const CLASSIFIER: LayerRow = {
  name: 'classifier',
  type: 'dense',
  outputShape: [null, CLASSES],
  parameters: FEATURES * CLASSES + CLASSES,
};

/**
 * Loads EfficientNet-Lite0 with its ImageNet weights: 1,280 features per image and the logits of 1,000 classes.
 *
 * @throws SightlineError `weights` if the weights file is damaged
 */
export async function loadEfficientNetLite0(): Promise<Backbone> {
  const [bytes, classes] = await Promise.all([readFile(lite0.url), loadImagenetClasses()]);
  const { tensors } = readSafetensors(bytes, 'efficientnet-lite0-fp16.safetensors');
  const { origin, license, sha256, imageSize, cropFraction, preprocessing } = lite0;
  return defineBackbone({
    name: 'efficientnet-lite0',
    weights: { origin, license, sha256 },
    imageSize,
    minimumSize: MINIMUM_SIZE,
    batchSize: BATCH_SIZE,
    preprocessing,
    table: LAYERS,
    tensors,
    top: {
      classes,
      cropFraction,
      append(g, features) {
        g.scope = CLASSIFIER.name;
        return op.gemm(g, features, ...parametersOf(g, tensors, CLASSIFIER), { transB: true });
      },
    },
    topRows: () => [CLASSIFIER],
    ranges: PHOTO_RANGES,
  });
}

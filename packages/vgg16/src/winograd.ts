/**
 * VGG16's later blocks by Winograd's F(4x4, 3x3): 1.5 to 1.8 times as fast as Conv nodes on cpu with batches of 32, and
 * slower with few images.
 */

import {
  appendLayers,
  type BackboneDefinition,
  constantOf,
  feedOf,
  preprocessed,
  type Tensors,
} from '@sightline/backbone';
import { type WinogradStep, winogradKernel, winogradLayers } from '@sightline/ort';

/** With fewer images at once, the large transformed kernels are read too often. */
const FEWEST_IMAGES = 16;

/** In these blocks there are too many pixels for their channels: what the products save, the lookups cost again. */
const DIRECT_BLOCKS = new Set(['block1', 'block2']);

export const appendWinograd =
  (tensors: Tensors): NonNullable<BackboneDefinition['appendFast']> =>
  (g, pixels, layers, arithmetic, options) => {
    const { target } = options;
    if (target?.provider !== 'cpu' || target.batchSize < FEWEST_IMAGES) return undefined;
    const late = layers.filter(({ block }) => !DIRECT_BLOCKS.has(block));
    if (late.length === 0) return undefined;
    const early = layers.slice(0, -late.length);
    const x = appendLayers(g, preprocessed(g, pixels, arithmetic), early, arithmetic);
    const feed = feedOf(g, options);
    const steps = late.map((layer): WinogradStep => {
      if (layer.kind !== 'convolution') return { kind: 'max-pooling' };
      const { name } = layer;
      // 236 MB of float32 in all: folded when the model is loaded, they would take as long and 200 MB more.
      const kernel = feed(`${name}.kernel`, (once) =>
        winogradKernel(once, constantOf(once, tensors.get(`${name}.weight`)!)),
      );
      return { kind: 'convolution', name, kernel, bias: constantOf(g, tensors.get(`${name}.bias`)!) };
    });
    return winogradLayers(g, x, steps);
  };

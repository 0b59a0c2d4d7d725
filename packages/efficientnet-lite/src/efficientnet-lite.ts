// EfficientNet-Lite0 as a backbone, with the embedded weights.

import { readFile } from 'node:fs/promises';
import {
  type Appended,
  type AppendOptions,
  type Backbone,
  readSafetensors,
  type Size,
} from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { lite0, loadImagenetClasses } from '@sightline/efficientnet-lite-weights';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { FEATURES, IMAGE_CHANNELS, LAYERS, layersUpTo, strided } from './architecture.ts';
import { float32, stored } from './float32.ts';
import { appendLayers } from './graph.ts';
import { int8 } from './int8.ts';
import { layerRows } from './layer-rows.ts';
import { PHOTO_RANGES } from './ranges.ts';

/** The smallest height and width: five layers halve them. */
const MINIMUM_SIZE = 32;

/**
 * EfficientNet-Lite0 with its ImageNet weights: 1,280 features per image and the logits of 1,000 classes.
 *
 * @throws SightlineError `weights` if the weights file is damaged
 */
export async function loadEfficientNetLite0(): Promise<Backbone> {
  const [bytes, classes] = await Promise.all([readFile(lite0.url), loadImagenetClasses()]);
  const { tensors } = readSafetensors(bytes, 'efficientnet-lite0-fp16.safetensors');
  const { origin, license, sha256, imageSize } = lite0;

  function append(g: GraphBuilder, pixels: Value, options: AppendOptions = {}): Appended {
    const { ranges, logits, upTo, observe } = options;
    checkPixels(pixels);
    if (logits && upTo) {
      throw new SightlineError('input', 'Logits need the whole network: leave out upTo or logits.');
    }
    const layers = blocksUpTo(upTo);
    const features = ranges
      ? appendLayers(g, pixels, layers, int8(g, tensors, ranges))
      : appendLayers(g, pixels, layers, float32(g, tensors, observe));
    if (!logits) return { features };
    g.scope = 'classifier';
    const [weight, bias] = ['weight', 'bias'].map((name) => stored(g, tensors.get(`classifier.${name}`)!));
    const result = op.gemm(g, features, weight!, bias, { transB: true });
    g.scope = '';
    return { features, logits: result };
  }

  return {
    name: 'efficientnet-lite0',
    weights: { origin, license, sha256 },
    imageSize,
    minimumSize: MINIMUM_SIZE,
    classes,
    ranges: PHOTO_RANGES,
    featureShape,
    layers: layerRows,
    append,
    table: () => LAYERS,
    tensors,
  };
}

function checkPixels({ dtype, shape }: Value): void {
  const sides = shape.slice(1, 3);
  const isRgb = dtype === 'uint8' && shape.length === 4 && shape[3] === IMAGE_CHANNELS;
  if (!isRgb || !sides.every((side) => typeof side === 'number' && side >= MINIMUM_SIZE)) {
    throw new SightlineError(
      'input',
      `EfficientNet-Lite0 takes uint8 pixels [N, height, width, 3] with sides of ${MINIMUM_SIZE} or more, but got ${dtype} [${shape.join(', ')}].`,
    );
  }
}

function blocksUpTo(block?: string) {
  const layers = layersUpTo(block);
  if (layers.length === 0) {
    const blocks = [...new Set(LAYERS.map((layer) => layer.block))];
    throw new SightlineError(
      'input',
      `EfficientNet-Lite0 has no block ${block}: its blocks are ${blocks.join(', ')}.`,
    );
  }
  return layers;
}

function featureShape(imageSize: Size, upTo?: string): readonly number[] {
  let [size, channels] = [imageSize, IMAGE_CHANNELS];
  for (const layer of blocksUpTo(upTo)) {
    if (layer.kind !== 'convolution') return [FEATURES];
    [size, channels] = [strided(size, layer.stride), layer.filters];
  }
  return [...size, channels];
}

/** What follows from a table of layers: shapes, parameters, and the part up to a block. */

import { listed, SightlineError } from '@sightline/core';
import type { LayerRow, Size } from './backbone.ts';
import type { Layer } from './layer.ts';

/** Channels of an image: RGB. */
export const CHANNELS = 3;

const TYPES: Readonly<Record<Layer['kind'], string>> = {
  convolution: 'convolution',
  'max-pooling': 'max pooling',
  mean: 'mean',
};

/**
 * The layers up to the end of a block; all of them if none is named.
 *
 * @throws SightlineError `option` if there is no such block
 */
export function layersUpTo(table: readonly Layer[], block: string | undefined): readonly Layer[] {
  if (block === undefined) return table;
  const last = table.findLastIndex((layer) => layer.block === block);
  if (last >= 0) return table.slice(0, last + 1);
  const blocks = [...new Set(table.map((layer) => layer.block))];
  throw new SightlineError('option', `There is no block ${block}; choose ${listed(blocks, 'or')}.`);
}

/** The output shape of a layer for one image, from that of the layer before it. */
function outputShapeOf(layer: Layer, [height, width, channels]: readonly number[]): number[] {
  switch (layer.kind) {
    case 'convolution':
      return [Math.ceil(height! / layer.stride), Math.ceil(width! / layer.stride), layer.filters];
    case 'max-pooling':
      return [Math.floor(height! / layer.poolSize), Math.floor(width! / layer.poolSize), channels!];
    case 'mean':
      return [channels!];
  }
}

/** The shape of one image's features. */
export const featureShapeOf = (table: readonly Layer[], imageSize: Size): number[] =>
  table.reduce<number[]>((shape, layer) => outputShapeOf(layer, shape), [...imageSize, CHANNELS]);

/** The number of weights and biases of a layer. */
const parametersOf = (layer: Layer): number =>
  layer.kind === 'convolution'
    ? (layer.kernelSize ** 2 * layer.channels * layer.filters) / layer.groups + layer.filters
    : 0;

/** The rows of a layer table: the input, then one row per layer. */
export function layerRows(table: readonly Layer[], imageSize: Size): LayerRow[] {
  let shape = [...imageSize, CHANNELS];
  const input = { name: 'input', type: 'input', outputShape: [null, ...shape], parameters: 0 };
  const rows = table.map((layer) => {
    shape = outputShapeOf(layer, shape);
    const isDepthwise = layer.kind === 'convolution' && layer.groups > 1;
    return {
      name: layer.name,
      type: isDepthwise ? 'depthwise convolution' : TYPES[layer.kind],
      outputShape: [null, ...shape],
      parameters: parametersOf(layer),
    };
  });
  return [input, ...rows];
}

/** The kernel's shape, (filters, channels / groups, height, width), and the bias's of each convolution, by tensor name. */
export function tensorShapes(table: readonly Layer[]): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const layer of table) {
    if (layer.kind !== 'convolution') continue;
    const { name, filters, channels, groups, kernelSize } = layer;
    shapes.set(`${name}.weight`, [filters, channels / groups, kernelSize, kernelSize]);
    shapes.set(`${name}.bias`, [filters]);
  }
  return shapes;
}

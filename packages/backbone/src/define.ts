/** A backbone from its table, weights, preprocessing and top: all that a new network has to bring. */

import { SightlineError } from '@sightline/core';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { float32, type Preprocessing, type Tensors } from './append/float32.ts';
import { int8 } from './append/int8.ts';
import { type Arithmetic, appendLayers, preprocessed } from './append/walk.ts';
import type {
  Appended,
  AppendOptions,
  Backbone,
  ClassName,
  LayerRow,
  Ranges,
  Size,
  WeightsInfo,
} from './backbone.ts';
import type { Layer } from './layer.ts';
import { CHANNELS, featureShapeOf, layerRows, layersUpTo, tensorShapes } from './table.ts';

/** A network's own classifier. */
export interface Top {
  readonly classes: readonly ClassName[];
  /** The image sizes that it accepts. Default: all. */
  readonly imageSize?: Size;
  /** See `Backbone`. */
  readonly cropFraction?: number;
  /** Logits (N, classes) of features. */
  append(g: GraphBuilder, features: Value, options: AppendOptions): Value;
}

export interface BackboneDefinition {
  readonly name: string;
  readonly weights: WeightsInfo;
  readonly imageSize: Size;
  readonly minimumSize: number;
  /** Images that run at once fastest. Default: 32. */
  readonly batchSize?: number;
  readonly preprocessing: Preprocessing;
  readonly table: readonly Layer[];
  readonly tensors: Tensors;
  readonly top?: Top;
  /** The rows of the top in the layer table, for images of a size. */
  topRows?(imageSize: Size): readonly LayerRow[];
  /** Ranges of activations on photographs, for int8 without images to calibrate with. */
  readonly ranges?: Ranges;
  /**
   * Layers in float32 by a faster algorithm than one node per layer, where the target allows it: from bytes to features.
   * Returns undefined to decline.
   */
  appendFast?(
    g: GraphBuilder,
    pixels: Value,
    layers: readonly Layer[],
    arithmetic: Arithmetic<Value>,
    options: AppendOptions,
  ): Value | undefined;
}

/**
 * @throws SightlineError `weights` if a tensor of the table is missing or has another shape
 */
export function defineBackbone(definition: BackboneDefinition): Backbone {
  const { name, weights, imageSize, minimumSize, table, tensors, top } = definition;
  checkTensors(name, table, tensors);
  return {
    name,
    weights,
    imageSize,
    minimumSize,
    tensors,
    ...(top ? { classes: top.classes } : {}),
    ...(top?.cropFraction ? { cropFraction: top.cropFraction } : {}),
    ...(definition.ranges ? { ranges: definition.ranges } : {}),
    ...(definition.batchSize ? { batchSize: definition.batchSize } : {}),
    table: () => table,
    featureShape: (size, upTo) => featureShapeOf(layersUpTo(table, upTo), size),
    layers: (size, options = {}) => [
      ...layerRows(table, size),
      ...(options.top === false ? [] : (definition.topRows?.(size) ?? [])),
    ],
    append(g, pixels, options = {}) {
      checkPixels(definition, pixels, options);
      const { features, blocks } = appendBody(definition, g, pixels, options);
      if (!options.logits || !top) return { features, blocks };
      return { features, blocks, logits: top.append(g, features, options) };
    },
  };
}

function appendBody(
  { table, tensors, preprocessing, appendFast }: BackboneDefinition,
  g: GraphBuilder,
  pixels: Value,
  options: AppendOptions,
): Pick<Appended, 'features' | 'blocks'> {
  const { ranges, observe, upTo, blocks = [] } = options;
  const layers = layersUpTo(table, upTo);
  for (const block of blocks) layersUpTo(layers, block);
  const append = <T>(arithmetic: Arithmetic<T>) => {
    const outputs = new Map<string, Value>();
    const onBlock = (block: string, output: () => Value) => {
      if (blocks.includes(block)) outputs.set(block, channelsLast(g, output()));
    };
    const features = appendLayers(g, preprocessed(g, pixels, arithmetic), layers, arithmetic, onBlock);
    return { features: channelsLast(g, features), blocks: blocks.map((block) => outputs.get(block)!) };
  };
  if (ranges) return append(int8(g, tensors, preprocessing, ranges));
  const arithmetic = float32(g, tensors, preprocessing, observe);
  // The faster algorithm has no outputs on the way.
  const fast =
    observe || blocks.length > 0 ? undefined : appendFast?.(g, pixels, layers, arithmetic, options);
  return fast ? { features: fast, blocks: [] } : append(arithmetic);
}

const channelsLast = (g: GraphBuilder, x: Value): Value =>
  x.shape.length === 4 ? op.transpose(g, x, [0, 2, 3, 1]) : x;

function checkTensors(name: string, table: readonly Layer[], tensors: Tensors): void {
  for (const [tensor, shape] of tensorShapes(table)) {
    const found = tensors.get(tensor);
    if (found?.shape.join() === shape.join()) continue;
    const came = found ? `[${found.shape.join(', ')}]` : 'missing';
    throw new SightlineError(
      'weights',
      `${name} needs ${tensor} of shape [${shape.join(', ')}], but it is ${came}.`,
    );
  }
}

function checkPixels(
  { name, minimumSize, top }: BackboneDefinition,
  { dtype, shape }: Value,
  { logits, upTo }: AppendOptions,
): void {
  const [height, width] = shape.slice(1, 3);
  const isRgb = dtype === 'uint8' && shape.length === 4 && shape[3] === CHANNELS;
  if (!isRgb || ![height, width].every((side) => typeof side === 'number' && side >= minimumSize)) {
    throw new SightlineError(
      'input',
      `${name} takes uint8 pixels [N, height, width, 3] with sides of ${minimumSize} or more, but got ${dtype} [${shape.join(', ')}].`,
    );
  }
  if (!logits) return;
  if (!top) throw new SightlineError('input', `${name} was loaded without a classifier.`);
  if (upTo !== undefined) {
    throw new SightlineError('input', 'Logits need the whole network: leave out upTo or logits.');
  }
  const [topHeight, topWidth] = top.imageSize ?? [height, width];
  if (height !== topHeight || width !== topWidth) {
    throw new SightlineError(
      'input',
      `The classifier of ${name} takes images of ${topHeight}x${topWidth}, but got ${height}x${width}.`,
    );
  }
}

// A layer's weights as constants of a graph.

import type { GraphBuilder, Value } from '@sightline/onnx';
import type * as tfl from '@tensorflow/tfjs-layers';

export interface Weight {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** The weight of a layer by its own name (`kernel`, `bias`, `gamma`); undefined where the layer has none such. */
export function weightOf(layer: tfl.layers.Layer, name: string): Weight | undefined {
  const weight = layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name);
  if (!weight) return undefined;
  const tensor = weight.read();
  return { data: Float32Array.from(tensor.dataSync()), shape: tensor.shape };
}

/** A kernel as it is. */
export function kernel(g: GraphBuilder, layer: tfl.layers.Layer, name: string): Value {
  const { data, shape } = weightOf(layer, name)!;
  return g.constant(data, shape);
}

/** A 4-D array with its axes in another order: axis i of the result is axis `order[i]` of the input. */
export function permuted({ data, shape }: Weight, order: readonly [number, number, number, number]): Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis]!);
  const by = order.map((axis) => strides[axis]!);
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < to[0]!; a++)
    for (let b = 0; b < to[1]!; b++)
      for (let c = 0; c < to[2]!; c++)
        for (let d = 0; d < to[3]!; d++) out[at++] = data[a * by[0]! + b * by[1]! + c * by[2]! + d * by[3]!]!;
  return { data: out, shape: to };
}

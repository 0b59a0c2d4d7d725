/** A network in float32: standard ONNX nodes, the same on every execution provider. */

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import type { AppendOptions } from '../backbone.ts';
import type { ConvolutionLayer } from '../layer.ts';
import type { StoredTensor } from '../weights/safetensors.ts';
import { type Arithmetic, convolve, pool } from './walk.ts';

export type Tensors = ReadonlyMap<string, StoredTensor>;

/** The preprocessing of the training images: (x / scale - mean) / deviation for bytes x of each channel, RGB. */
export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A tensor as float32. Float16 stays so in the model, half as large, and is cast once when the model is loaded. */
export function constantOf(g: GraphBuilder, { data, shape }: StoredTensor): Value {
  const value = g.constant(data, shape);
  return value.dtype === 'float32' ? value : op.cast(g, value, 'float32');
}

/** How `append` adds large weights: as its caller asked, or as constants. */
export const feedOf = (g: GraphBuilder, { feed }: AppendOptions): NonNullable<AppendOptions['feed']> =>
  feed ?? ((_, weights) => (typeof weights === 'function' ? weights(g) : constantOf(g, weights)));

/** The weight and the bias of a layer as float32. */
export const parametersOf = (
  g: GraphBuilder,
  tensors: Tensors,
  { name }: Pick<ConvolutionLayer, 'name'>,
): [weight: Value, bias: Value] => [
  constantOf(g, tensors.get(`${name}.weight`)!),
  constantOf(g, tensors.get(`${name}.bias`)!),
];

/** uint8 (N, 3, H, W) to float32: (x / scale - mean) / deviation as one product and, if it changes anything, one sum. */
export function standardize(
  g: GraphBuilder,
  pixels: Value,
  { scale, mean, deviation }: Preprocessing,
): Value {
  const column = [deviation.length, 1, 1];
  const factor = Float32Array.from(deviation, (d) => 1 / (scale * d));
  const shift = Float32Array.from(mean, (m, i) => -m / deviation[i]!);
  const product = op.mul(g, op.cast(g, pixels, 'float32'), g.constant(factor, column));
  return shift.every((value) => value === 0) ? product : op.add(g, product, g.constant(shift, column));
}

/** @param observe called with each activation whose range 8 bits must know: all but those that end in ReLU6 */
export function float32(
  g: GraphBuilder,
  tensors: Tensors,
  preprocessing: Preprocessing,
  observe: (name: string, activation: Value) => void = () => {},
): Arithmetic<Value> {
  const observed = (name: string, activation: Value): Value => {
    observe(name, activation);
    return activation;
  };
  return {
    preprocess: (pixels) => standardize(g, pixels, preprocessing),
    convolution(x, layer) {
      const y = convolve(g, x, layer, ...parametersOf(g, tensors, layer));
      if (layer.activation === 'relu6') return op.clip(g, y, g.float(0), g.float(6));
      return observed(layer.name, layer.activation === 'relu' ? op.relu(g, y) : y);
    },
    maxPool: (x, size) => pool(g, x, size),
    add: (x, y, block) => observed(block, op.add(g, x, y)),
    toFloat: (x) => x,
  };
}

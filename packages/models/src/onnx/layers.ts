// Keras' layers as ONNX operators: one table by class name. Inside a graph images stand in ONNX' order
// (N, channels, height, width), kernels are transposed to match, and a layer that looks at all axes (Flatten,
// Reshape) gets TensorFlow's order back first.

import { SightlineError } from '@sightline/core';
import { type Dim, type GraphBuilder, op, type Value } from '@sightline/onnx';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type Elementwise, elementwise } from '../layers/elementwise.ts';
import { activate, channelAxis } from './activations.ts';
import { convolutions } from './convolutions.ts';
import type { LayerLowering } from './layer-lowering.ts';
import { kernel, weightOf } from './weights.ts';

type Config = Record<string, unknown>;

const identity: LayerLowering = (_, [x]) => x!;
const fold =
  (operator: (g: GraphBuilder, a: Value, b: Value) => Value): LayerLowering =>
  (g, inputs) =>
    inputs.reduce((a, b) => operator(g, a, b));

const LAYERS: Readonly<Record<string, LayerLowering>> = {
  ...convolutions,
  Dropout: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
  AlphaDropout: identity,
  Add: fold(op.add),
  Multiply: fold(op.mul),
  Maximum: fold(op.max),
  Minimum: fold(op.min),
  Average: (g, inputs) =>
    op.mul(
      g,
      inputs.reduce((a, b) => op.add(g, a, b)),
      g.float(1 / inputs.length),
    ),
  Concatenate(g, inputs, layer, config) {
    const rank = inputs[0]!.shape.length;
    const axis = (config.axis as number | null) ?? -1;
    if (axis !== -1 && axis !== rank - 1)
      refuse(layer, `joins along axis ${axis}; only the last axis can be exported`);
    return op.concat(g, inputs, channelAxis(inputs[0]!));
  },
  Dense(g, [x], layer, config) {
    const w = kernel(g, layer, 'kernel');
    const bias = weightOf(layer, 'bias');
    const b = bias && g.constant(bias.data);
    const input = channelsLast(g, x!);
    const product =
      input.shape.length === 2 ? op.gemm(g, input, w, b) : withBias(g, op.matMul(g, input, w), b);
    return activate(g, channelsSecond(g, product), config.activation as string, layer.name);
  },
  BatchNormalization(g, [x], layer, config) {
    const axis = Array.isArray(config.axis) ? config.axis[0] : config.axis;
    if (axis !== -1 && axis !== x!.shape.length - 1)
      refuse(layer, `normalizes axis ${axis}; only the last can be exported`);
    const mean = weightOf(layer, 'moving_mean')!.data;
    const variance = weightOf(layer, 'moving_variance')!.data;
    const gamma = weightOf(layer, 'gamma')?.data;
    const beta = weightOf(layer, 'beta')?.data;
    const scale = variance.map((v, i) => (gamma?.[i] ?? 1) / Math.sqrt(v + (config.epsilon as number)));
    const shift = mean.map((m, i) => (beta?.[i] ?? 0) - m * scale[i]!);
    const shape = x!.shape.length === 4 ? [scale.length, 1, 1] : [scale.length];
    return op.add(g, op.mul(g, x!, g.constant(scale, shape)), g.constant(shift, shape));
  },
  Activation: (g, [x], layer, config) => activate(g, x!, config.activation as string, layer.name),
  Softmax: (g, [x], layer) => activate(g, x!, 'softmax', layer.name),
  ReLU: (g, [x], _, config) =>
    config.maxValue == null ? op.relu(g, x!) : op.clip(g, x!, g.float(0), g.float(config.maxValue as number)),
  LeakyReLU: (g, [x], _, config) => op.leakyRelu(g, x!, config.alpha as number),
  ELU: (g, [x], _, config) => op.elu(g, x!, config.alpha as number),
  Elementwise(g, [x], layer) {
    const { kind, options } = layer as Elementwise;
    return elementwise(kind).lower(g, x!, options);
  },
  Rescaling: (g, [x], _, config) =>
    op.add(g, op.mul(g, x!, g.float(config.scale as number)), g.float((config.offset as number | null) ?? 0)),
  Flatten(g, [x]) {
    const last = channelsLast(g, x!);
    return op.reshape(g, last, [last.shape[0]!, product(last.shape.slice(1))]);
  },
  Reshape(g, [x], layer) {
    const shape = (layer.outputShape as (number | null)[]).slice(1) as number[];
    return channelsSecond(g, op.reshape(g, channelsLast(g, x!), [x!.shape[0]!, ...shape]));
  },
  GlobalAveragePooling2D: (g, [x]) => op.reduceMean(g, x!, [2, 3]),
  GlobalMaxPooling2D: (g, [x]) => op.reduceMax(g, x!, [2, 3]),
};

/** Adds the nodes of one layer; throws SightlineError for a layer that is not in the table. */
export function lowerLayer(g: GraphBuilder, inputs: Value[], layer: tfl.layers.Layer): Value {
  const lowering = LAYERS[layer.getClassName()];
  if (!lowering) {
    throw new SightlineError(
      'unsupported-layer',
      `The layer ${layer.name} is a ${layer.getClassName()}, which ONNX export does not know. It knows ${Object.keys(LAYERS).join(', ')}.`,
    );
  }
  const config = layer.getConfig() as Config;
  if (config.dataFormat === 'channelsFirst')
    refuse(layer, 'has its channels first; only channelsLast can be exported');
  g.scope = layer.name;
  return lowering(g, inputs, layer, config);
}

/** An image in TensorFlow's order, from ONNX'. */
export const channelsLast = (g: GraphBuilder, x: Value): Value =>
  x.shape.length === 4 ? op.transpose(g, x, [0, 2, 3, 1]) : x;

/** An image in ONNX' order, from TensorFlow's. */
export const channelsSecond = (g: GraphBuilder, x: Value): Value =>
  x.shape.length === 4 ? op.transpose(g, x, [0, 3, 1, 2]) : x;

const withBias = (g: GraphBuilder, x: Value, bias: Value | undefined) => (bias ? op.add(g, x, bias) : x);
const product = (shape: readonly Dim[]): number =>
  shape.reduce<number>((size, dim) => size * (dim as number), 1);

function refuse(layer: tfl.layers.Layer, why: string): never {
  throw new SightlineError('unsupported-layer', `The layer ${layer.name} (${layer.getClassName()}) ${why}.`);
}

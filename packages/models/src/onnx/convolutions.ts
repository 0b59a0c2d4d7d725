// Keras' convolutions, pooling and padding of images as ONNX operators. Padding 'same' is TensorFlow's: the odd
// pixel goes to the bottom and the right.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import type * as tfl from '@tensorflow/tfjs-layers';
import { activate } from './activations.ts';
import type { LayerLowering } from './layer-lowering.ts';
import { permuted, type Weight, weightOf } from './weights.ts';

type Pair = readonly [number, number];
type Config = Record<string, unknown>;

const pair = (value: unknown): Pair =>
  Array.isArray(value) ? [value[0], value[1] ?? value[0]] : [(value as number) ?? 1, (value as number) ?? 1];

function padsOf(x: Value, kernel: Pair, strides: Pair, dilations: Pair, padding: unknown) {
  if (padding !== 'same') return [0, 0, 0, 0] as const;
  const total = [0, 1].map((i) => {
    const size = x.shape[2 + i] as number;
    const extent = (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.max((Math.ceil(size / strides[i]!) - 1) * strides[i]! + extent - size, 0);
  }) as [number, number];
  const before = total.map((t) => Math.floor(t / 2)) as [number, number];
  return [before[0], before[1], total[0] - before[0], total[1] - before[1]] as const;
}

function convolve(
  g: GraphBuilder,
  x: Value,
  kernel: Weight,
  bias: Weight | undefined,
  config: Config,
  group = 1,
) {
  const size: Pair = [kernel.shape[2]!, kernel.shape[3]!];
  const [strides, dilations] = [pair(config.strides), pair(config.dilationRate)];
  const pads = padsOf(x, size, strides, dilations, config.padding);
  const w = g.constant(kernel.data, kernel.shape);
  return op.conv(g, x, w, bias && g.constant(bias.data), { strides, pads, dilations, group });
}

/** (KH, KW, channels, multiplier) as ONNX' grouped kernel (channels * multiplier, 1, KH, KW). */
function depthwiseKernel(layer: tfl.layers.Layer): Weight {
  const { data, shape } = permuted(weightOf(layer, 'depthwise_kernel')!, [2, 3, 0, 1]);
  return { data, shape: [shape[0]! * shape[1]!, 1, shape[2]!, shape[3]!] };
}

const pooled =
  (pool: typeof op.maxPool): LayerLowering =>
  (g, [x], _, config) => {
    const [kernel, strides] = [pair(config.poolSize), pair(config.strides)];
    const pads = padsOf(x!, kernel, strides, [1, 1], config.padding);
    return pool(g, x!, { kernel, strides, pads });
  };

export const convolutions: Readonly<Record<string, LayerLowering>> = {
  Conv2D(g, [x], layer, config) {
    const kernel = permuted(weightOf(layer, 'kernel')!, [3, 2, 0, 1]);
    const y = convolve(g, x!, kernel, weightOf(layer, 'bias'), config);
    return activate(g, y, config.activation as string, layer.name);
  },
  DepthwiseConv2D(g, [x], layer, config) {
    const y = convolve(g, x!, depthwiseKernel(layer), weightOf(layer, 'bias'), config, x!.shape[1] as number);
    return activate(g, y, config.activation as string, layer.name);
  },
  SeparableConv2D(g, [x], layer, config) {
    const between = convolve(g, x!, depthwiseKernel(layer), undefined, config, x!.shape[1] as number);
    const pointwise = permuted(weightOf(layer, 'pointwise_kernel')!, [3, 2, 0, 1]);
    const y = convolve(g, between, pointwise, weightOf(layer, 'bias'), {});
    return activate(g, y, config.activation as string, layer.name);
  },
  MaxPooling2D: pooled(op.maxPool),
  AveragePooling2D: pooled(op.averagePool),
  ZeroPadding2D(g, [x], _, config) {
    const [[top, bottom], [left, right]] = config.padding as [Pair, Pair];
    return op.pad(g, x!, [0, 0, top, left], [0, 0, bottom, right]);
  },
  Cropping2D(g, [x], _, config) {
    const [[top, bottom], [left, right]] = config.cropping as [Pair, Pair];
    return op.pad(g, x!, [0, 0, -top, -left], [0, 0, -bottom, -right]);
  },
};

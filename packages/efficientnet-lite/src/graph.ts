// Appends the network to an ONNX graph. One function walks the table; an *arithmetic* computes in float32 or in 8 bits.

import type { ConvolutionLayer, Layer } from '@sightline/backbone';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';

/** How the network's few operations are computed on activations of type T. */
export interface Arithmetic<T> {
  /** uint8 RGB (N, 3, height, width) as preprocessed activations. */
  preprocess(pixels: Value): T;
  convolution(x: T, layer: ConvolutionLayer): T;
  /** The sum at the end of a residual block. */
  add(x: T, y: T, block: string): T;
  /** As float32. */
  toFloat(x: T): Value;
}

/**
 * Appends some layers.
 *
 * @param pixels uint8 (N, height, width, 3)
 * @returns float32 (N, 1280) after the mean, (N, height, width, channels) before it
 */
export function appendLayers<T>(
  g: GraphBuilder,
  pixels: Value,
  layers: readonly Layer[],
  arithmetic: Arithmetic<T>,
): Value {
  g.scope = 'preprocess';
  let x = arithmetic.preprocess(op.transpose(g, pixels, [0, 3, 1, 2]));
  let mean: Value | undefined;
  let [block, blockInput] = ['', x];
  for (const layer of layers) {
    if (layer.block !== block) [block, blockInput] = [layer.block, x];
    g.scope = layer.name;
    if (layer.kind === 'convolution') {
      x = arithmetic.convolution(x, layer);
      if (layer.residual) x = arithmetic.add(x, blockInput, block);
    } else mean = op.globalAveragePool(g, arithmetic.toFloat(x));
  }
  const features = mean ?? op.transpose(g, arithmetic.toFloat(x), [0, 2, 3, 1]);
  g.scope = '';
  return features;
}

/** TensorFlow's SAME padding of one side: the odd pixel goes to the end. */
function samePadding(size: number, kernelSize: number, stride: number): [before: number, after: number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernelSize - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** A layer's options for `op.conv` of x (N, C, height, width). */
export function convolutionOptions(x: Value, { kernelSize, stride, groups }: ConvolutionLayer) {
  const [height, width] = x.shape.slice(2) as [number, number];
  const [top, bottom] = samePadding(height, kernelSize, stride);
  const [left, right] = samePadding(width, kernelSize, stride);
  return { strides: [stride, stride], pads: [top, left, bottom, right], group: groups } as const;
}

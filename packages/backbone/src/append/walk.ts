/** Walks a table of layers and appends each to a graph, in NCHW; an *arithmetic* computes in float32 or in 8 bits. */

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import type { ConvolutionLayer, Layer } from '../layer.ts';

/** How a network's few operations are computed on activations of type T. */
export interface Arithmetic<T> {
  /** uint8 RGB (N, 3, height, width) as preprocessed activations. */
  preprocess(pixels: Value): T;
  /** With its activation. */
  convolution(x: T, layer: ConvolutionLayer): T;
  maxPool(x: T, size: number): T;
  /** The sum at the end of a residual block. */
  add(x: T, y: T, block: string): T;
  /** As float32. */
  toFloat(x: T): Value;
}

/** Images of bytes (N, height, width, 3) as activations. */
export function preprocessed<T>(g: GraphBuilder, pixels: Value, arithmetic: Arithmetic<T>): T {
  g.scope = 'preprocess';
  return arithmetic.preprocess(op.transpose(g, pixels, [0, 3, 1, 2]));
}

/**
 * Appends some layers; float32 (N, C, H, W), or (N, C) after a mean.
 *
 * @param onBlock called at the end of each block with its output, as float32 (N, C, H, W)
 */
export function appendLayers<T>(
  g: GraphBuilder,
  input: T,
  layers: readonly Layer[],
  arithmetic: Arithmetic<T>,
  onBlock: (block: string, output: () => Value) => void = () => {},
): Value {
  let x = input;
  let mean: Value | undefined;
  let [block, blockInput] = ['', x];
  for (const [i, layer] of layers.entries()) {
    if (layer.block !== block) [block, blockInput] = [layer.block, x];
    g.scope = layer.name;
    if (layer.kind === 'convolution') {
      x = arithmetic.convolution(x, layer);
      if (layer.residual) x = arithmetic.add(x, blockInput, block);
    } else if (layer.kind === 'max-pooling') x = arithmetic.maxPool(x, layer.poolSize);
    else mean = op.globalAveragePool(g, arithmetic.toFloat(x));
    if (layers[i + 1]?.block !== block) onBlock(block, () => arithmetic.toFloat(x));
  }
  g.scope = '';
  return mean ?? arithmetic.toFloat(x);
}

/** TensorFlow's SAME padding of one side: the odd pixel goes to the end. */
function samePadding(size: number, kernelSize: number, stride: number): [before: number, after: number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernelSize - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** A layer as a Conv node over float32 x (N, C, H, W), without its activation. */
export function convolve(
  g: GraphBuilder,
  x: Value,
  { kernelSize, stride, groups }: ConvolutionLayer,
  weight: Value,
  bias: Value,
): Value {
  const [height, width] = x.shape.slice(2) as [number, number];
  const [top, bottom] = samePadding(height, kernelSize, stride);
  const [left, right] = samePadding(width, kernelSize, stride);
  return op.conv(g, x, weight, bias, {
    strides: [stride, stride],
    pads: [top, left, bottom, right],
    group: groups,
  });
}

export const pool = (g: GraphBuilder, x: Value, size: number): Value =>
  op.maxPool(g, x, { kernel: [size, size], strides: [size, size] });

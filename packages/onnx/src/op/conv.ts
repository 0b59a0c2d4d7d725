// Convolutions and pooling over images, in ONNX' own order: (N, C, H, W), kernels (filters, C / group, KH, KW).
// `pads` are top, left, bottom, right.

import type { GraphBuilder } from '../graph-builder.ts';
import type { Dim, Value } from '../model.ts';
import { fixed } from '../shape.ts';
import {
  flag,
  floats,
  int,
  ints,
  mismatch,
  requireDtype,
  requireRank,
  sameDtype,
  string,
} from './attribute.ts';
import { reshape } from './layout.ts';

type Pair = readonly [number, number];
type Pads = readonly [top: number, left: number, bottom: number, right: number];

export interface ConvOptions {
  readonly strides?: Pair;
  readonly pads?: Pads;
  readonly dilations?: Pair;
  readonly group?: number;
}

/**
 * ONNX Runtime's own operators on *blocked* maps, on cpu: of a map of the shape (N, C, H, W) the elements lie in the order
 * (N, C / block, H, W, block), where a block is as many channels as the processor computes at once. C is a multiple of the
 * block.
 */
const BLOCKED = 'com.microsoft.nchwc';

/** What a blocked convolution applies to its results: `Relu`, or `Clip` to a smallest and a largest value. */
export interface BlockedActivation {
  readonly name: 'Relu' | 'Clip';
  readonly parameters?: readonly number[];
}

export interface DirectConvOptions extends ConvOptions {
  /**
   * Whether x, the kernels and the result are blocked. Kernels of one channel each (C / group = 1) are so by their filters,
   * others in the order (filters / block, C / block, KH, KW, block of channels, block of filters). Default: false.
   */
  readonly blocked?: boolean;
  /** Applied by a blocked convolution. Default: none. */
  readonly activation?: BlockedActivation | undefined;
}

const windowed = (
  op: string,
  dim: Dim,
  before: number,
  after: number,
  extent: number,
  stride: number,
): number => Math.floor((fixed(op, [dim])[0]! + before + after - extent) / stride) + 1;

/** Cross-correlation of x with w, plus a bias a filter. */
export function conv(
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias?: Value,
  options: DirectConvOptions = {},
): Value {
  const dtype = sameDtype('Conv', x, w);
  requireRank('Conv', x, 4);
  requireRank('Conv', w, 4);
  const {
    strides = [1, 1],
    pads = [0, 0, 0, 0],
    dilations = [1, 1],
    group = 1,
    blocked = false,
    activation,
  } = options;
  const [n, c, h, width] = x.shape as [Dim, Dim, Dim, Dim];
  const [filters, wc, kh, kw] = fixed('Conv', w.shape) as [number, number, number, number];
  if (c !== wc * group) mismatch('Conv', `x must have ${wc} * ${group} channels`, x, w);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
    mismatch('Conv', `the bias must have ${filters} elements`, bias);
  }
  const oh = windowed('Conv', h, pads[0], pads[2], (kh - 1) * dilations[0] + 1, strides[0]);
  const ow = windowed('Conv', width, pads[1], pads[3], (kw - 1) * dilations[1] + 1, strides[1]);
  if (oh < 0 || ow < 0) mismatch('Conv', 'the kernel must fit into the padded image', x, w);
  const attributes = {
    kernel_shape: ints([kh, kw]),
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
    group: int(group),
    activation: activation && string(activation.name),
    activation_params: activation?.parameters && floats(activation.parameters),
  };
  return g.add('Conv', {
    inputs: [x, w, bias],
    outputs: [{ dtype, shape: [n, filters, oh, ow] }],
    attributes,
    domain: blocked ? BLOCKED : '',
  })[0]!;
}

/** A map (N, H, W, C), C a multiple of 4, as a blocked one: channels that fill its last block are zeros. */
export function toBlocks(g: GraphBuilder, x: Value, block: number): Value {
  requireDtype('ReorderInput', x, 'float32');
  requireRank('ReorderInput', x, 4);
  const [n, h, w] = x.shape as [Dim, Dim, Dim, Dim];
  const channels = fixed('ReorderInput', x.shape.slice(3))[0]!;
  if (channels % 4 !== 0) mismatch('ReorderInput', 'channels must be a multiple of 4', x);
  const shape = [n, Math.ceil(channels / block) * block, h, w];
  const spec = { inputs: [x], outputs: [{ dtype: x.dtype, shape }], domain: BLOCKED };
  return g.add('ReorderInput', { ...spec, attributes: { channels_last: int(1) } })[0]!;
}

/** The first channels of a blocked map, (N, H, W, channels). */
export function fromBlocks(g: GraphBuilder, x: Value, channels: number): Value {
  requireDtype('ReorderOutput', x, 'float32');
  requireRank('ReorderOutput', x, 4);
  const [n, , h, w] = x.shape as [Dim, Dim, Dim, Dim];
  const shape = [n, h, w, channels];
  const spec = { inputs: [x], outputs: [{ dtype: x.dtype, shape }], domain: BLOCKED };
  return g.add('ReorderOutput', {
    ...spec,
    attributes: { channels: int(channels), channels_last: int(1) },
  })[0]!;
}

/** The mean of each channel of a blocked map over its pixels, (N, C, 1, 1). */
export function globalAveragePoolOfBlocks(g: GraphBuilder, x: Value): Value {
  requireDtype('GlobalAveragePool', x, 'float32');
  requireRank('GlobalAveragePool', x, 4);
  const shape = [...x.shape.slice(0, 2), 1, 1];
  const spec = { inputs: [x], outputs: [{ dtype: x.dtype, shape }], domain: BLOCKED };
  return g.add('GlobalAveragePool', spec)[0]!;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the end, which no output of the forward convolution reached. */
  readonly outputPadding?: Pair;
}

/** The gradient of `conv` with respect to its input, kernels (C, filters / group, KH, KW). */
export function convTranspose(
  g: GraphBuilder,
  x: Value,
  w: Value,
  options: ConvTransposeOptions = {},
): Value {
  const dtype = sameDtype('ConvTranspose', x, w);
  requireRank('ConvTranspose', x, 4);
  const {
    strides = [1, 1],
    pads = [0, 0, 0, 0],
    dilations = [1, 1],
    group = 1,
    outputPadding = [0, 0],
  } = options;
  const [n, c, h, width] = x.shape as [Dim, Dim, number, number];
  const [wc, filters, kh, kw] = fixed('ConvTranspose', w.shape) as [number, number, number, number];
  if (c !== wc) mismatch('ConvTranspose', `x must have ${wc} channels`, x, w);
  const oh = strides[0] * (h - 1) + outputPadding[0] + (kh - 1) * dilations[0] + 1 - pads[0] - pads[2];
  const ow = strides[1] * (width - 1) + outputPadding[1] + (kw - 1) * dilations[1] + 1 - pads[1] - pads[3];
  const attributes = {
    kernel_shape: ints([kh, kw]),
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
    group: int(group),
    output_padding: ints(outputPadding),
  };
  const shape = [n, filters * group, oh, ow];
  return g.add('ConvTranspose', { inputs: [x, w], outputs: [{ dtype, shape }], attributes })[0]!;
}

export interface PoolOptions {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads?: Pads;
  readonly dilations?: Pair;
}

function pooledShape(
  op: string,
  x: Value,
  { kernel, strides, pads = [0, 0, 0, 0], dilations = [1, 1] }: PoolOptions,
): Dim[] {
  requireRank(op, x, 4);
  const [n, c, h, w] = x.shape as [Dim, Dim, Dim, Dim];
  const oh = windowed(op, h, pads[0], pads[2], (kernel[0] - 1) * dilations[0] + 1, strides[0]);
  const ow = windowed(op, w, pads[1], pads[3], (kernel[1] - 1) * dilations[1] + 1, strides[1]);
  return [n, c, oh, ow];
}

export function maxPool(g: GraphBuilder, x: Value, options: PoolOptions): Value {
  const shape = pooledShape('MaxPool', x, options);
  const attributes = {
    kernel_shape: ints(options.kernel),
    strides: ints(options.strides),
    pads: options.pads && ints(options.pads),
    dilations: options.dilations && ints(options.dilations),
  };
  return g.add('MaxPool', { inputs: [x], outputs: [{ dtype: x.dtype, shape }], attributes })[0]!;
}

/** The mean of each window; padded places count only with `countIncludePad`. */
export function averagePool(
  g: GraphBuilder,
  x: Value,
  options: PoolOptions & { countIncludePad?: boolean },
): Value {
  const shape = pooledShape('AveragePool', x, options);
  const attributes = {
    kernel_shape: ints(options.kernel),
    strides: ints(options.strides),
    pads: options.pads && ints(options.pads),
    count_include_pad: flag(options.countIncludePad),
  };
  return g.add('AveragePool', { inputs: [x], outputs: [{ dtype: x.dtype, shape }], attributes })[0]!;
}

/** The mean over all pixels of (N, C, H, W): (N, C). */
export function globalAveragePool(g: GraphBuilder, x: Value): Value {
  requireRank('GlobalAveragePool', x, 4);
  const [n, channels] = x.shape as [Dim, Dim];
  const outputs = [{ dtype: x.dtype, shape: [n, channels, 1, 1] }];
  return reshape(g, g.add('GlobalAveragePool', { inputs: [x], outputs })[0]!, [n, channels]);
}

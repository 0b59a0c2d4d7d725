// Two-dimensional convolutions and their gradients, NHWC with kernels (KH, KW, C, filters).
//
// They are products over patches (see patches.ts), larger ones of 3x3 Winograd's (see @sightline/ort). Where patches would
// be large, the batch is taken in bands whose patches stay in cache; other providers than cpu have a good Conv.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import {
  bandsOf,
  cut,
  isWinograd,
  joined,
  winogradFilterGradient,
  winogradForward,
  winogradInputGradient,
} from '@sightline/ort';
import { backend_util } from '@tensorflow/tfjs-core';
import { type ActivationAttributes, activate, blockedActivation } from './elementwise.ts';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, patches, scatterPatches } from './patches.ts';
import { pointwiseFilterGradient, pointwiseForward, pointwiseInputGradient } from './pointwise-blocks.ts';
import { byChannel } from './wide-rows.ts';

export interface ConvAttributes extends ActivationAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Patches of more bytes than this are made band by band, or ONNX' Conv does without. */
export const LARGE_PATCHES = 48 * 2 ** 20;
/** From as many multiplications on, Winograd's convolutions are faster. */
const WINOGRAD_MULTIPLICATIONS = 2 ** 29;
/** Bytes of patches in one band. */
const BAND = 8 * 2 ** 20;
/** The long inner axis of a weight gradient is cut into this many slabs, so that all cores have one. */
const SLABS = 4;
/** Slabs of fewer rows cost more to add up than they save. */
const FEWEST_ROWS = 256;

export const convInfo = (
  xShape: readonly number[],
  filterShape: readonly number[],
  a: ConvAttributes,
  depthwise = false,
) =>
  backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    a.strides,
    a.dilations ?? 1,
    a.pad,
    a.dimRoundingMode,
    depthwise,
  );

export const patchBytes = (i: Conv2DInfo): number =>
  4 * i.batchSize * i.outHeight * i.outWidth * i.filterHeight * i.filterWidth * i.inChannels;

/** Whether a convolution is computed by Winograd's form, of a share of a batch's images or of all. */
export const usesWinograd = (i: Conv2DInfo, images = 1): boolean =>
  (patchBytes(i) / 4) * i.outChannels >= WINOGRAD_MULTIPLICATIONS * images && isWinograd(i);

export const toChannelsFirst = (g: GraphBuilder, x: Value): Value => op.transpose(g, x, [0, 3, 1, 2]);
export const toChannelsLast = (g: GraphBuilder, x: Value): Value => op.transpose(g, x, [0, 2, 3, 1]);

export const pairs = (i: Conv2DInfo) =>
  ({
    strides: [i.strideHeight, i.strideWidth],
    dilations: [i.dilationHeight, i.dilationWidth],
    pads: [i.padInfo.top, i.padInfo.left, i.padInfo.bottom, i.padInfo.right],
  }) as const;

/** The bands whose patches stay in cache: a convolution each, and values (N, …) cut so. */
function bands(g: GraphBuilder, info: Conv2DInfo, ...values: Value[]) {
  const all = bandsOf(info.batchSize, BAND / (patchBytes(info) / info.batchSize));
  const parts = values.map((value) => cut(g, value, all));
  return all.map(({ images: batchSize }, i) => ({
    info: { ...info, batchSize, outShape: [batchSize, ...info.outShape.slice(1)] as typeof info.outShape },
    values: parts.map((part) => part[i]!),
  }));
}

/** (KH * KW * C, filters). */
const kernelMatrix = (g: GraphBuilder, filter: Value, i: Conv2DInfo): Value =>
  op.reshape(g, filter, [i.filterHeight * i.filterWidth * i.inChannels, i.outChannels]);

/** `bias` is (filters); `activation` is applied behind it. */
function forward(
  context: LoweringContext,
  x: Value,
  filter: Value,
  bias: Value | undefined,
  info: Conv2DInfo,
  activation: (y: Value) => Value,
): Value {
  const { graph: g } = context;
  if (context.onCpu && usesWinograd(info, context.images)) {
    return winogradForward(context, x, filter, info, (y) =>
      activation(bias ? byChannel(context, op.add, y, bias) : y),
    );
  }
  const isLarge = patchBytes(info) > LARGE_PATCHES;
  if (isLarge && !context.onCpu) {
    const kernel = op.transpose(g, filter, [3, 2, 0, 1]);
    return activation(toChannelsLast(g, op.conv(g, toChannelsFirst(g, x), kernel, bias, pairs(info))));
  }
  const matrix = kernelMatrix(g, filter, info);
  const product = (image: Value, i: Conv2DInfo) =>
    activation(op.reshape(g, op.gemm(g, patches(context, image, i), matrix, bias), i.outShape));
  if (!isLarge) return product(x, info);
  return joined(
    g,
    bands(g, info, x).map((band) => product(band.values[0]!, band.info)),
  );
}

function inputGradient(context: LoweringContext, gradient: Value, filter: Value, info: Conv2DInfo): Value {
  const { graph: g } = context;
  // A transposed convolution may be asked for a smaller image than its gradient covers.
  const isSmaller = shapeOf(gradient).join() !== info.outShape.join();
  const dy = isSmaller ? op.slice(g, gradient, [0, 0], [info.outHeight, info.outWidth], [1, 2]) : gradient;
  const blocked = pointwiseInputGradient(context, dy, filter, info);
  if (blocked) return blocked;
  if (context.onCpu && usesWinograd(info, context.images))
    return winogradInputGradient(context, dy, filter, info);
  const isLarge = patchBytes(info) > LARGE_PATCHES;
  if (isLarge && !context.onCpu) return transposedConv(g, dy, filter, info);
  const matrix = kernelMatrix(g, filter, info);
  const scattered = (d: Value, i: Conv2DInfo) => {
    const rows = i.batchSize * i.outHeight * i.outWidth;
    const columns = op.gemm(g, op.reshape(g, d, [rows, i.outChannels]), matrix, undefined, { transB: true });
    return scatterPatches(context, columns, i);
  };
  if (!isLarge) return scattered(dy, info);
  return joined(
    g,
    bands(g, info, dy).map((band) => scattered(band.values[0]!, band.info)),
  );
}

/** Rows and columns of the image that no window reaches: the gradient there is 0. */
export function unreached(info: Conv2DInfo): [number, number] {
  const { padInfo } = info;
  const rest = (
    size: number,
    out: number,
    stride: number,
    window: number,
    dilation: number,
    padding: number,
  ) => size - ((out - 1) * stride + (window - 1) * dilation + 1 - padding);
  return [
    rest(
      info.inHeight,
      info.outHeight,
      info.strideHeight,
      info.filterHeight,
      info.dilationHeight,
      padInfo.top + padInfo.bottom,
    ),
    rest(
      info.inWidth,
      info.outWidth,
      info.strideWidth,
      info.filterWidth,
      info.dilationWidth,
      padInfo.left + padInfo.right,
    ),
  ];
}

function transposedConv(g: GraphBuilder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  const { strides, dilations, pads } = pairs(info);
  const [kh, kw] = [(info.filterHeight - 1) * dilations[0], (info.filterWidth - 1) * dilations[1]];
  const flat = strides[0] === 1 && strides[1] === 1;
  if (flat && pads.every((p, i) => p <= (i % 2 ? kw : kh))) {
    // At stride 1 the gradient is a convolution with the kernel turned around, which Conv does faster.
    const turned = op.slice(g, filter, [-1, -1], [-(2 ** 31), -(2 ** 31)], [0, 1], [-1, -1]);
    const kernel = op.transpose(g, turned, [2, 3, 0, 1]);
    const around = [kh - pads[0], kw - pads[1], kh - pads[2], kw - pads[3]] as const;
    const x = op.conv(g, toChannelsFirst(g, dy), kernel, undefined, { dilations, pads: around });
    return toChannelsLast(g, x);
  }
  const outputPadding = unreached(info);
  const kernel = op.transpose(g, filter, [3, 2, 0, 1]);
  const x = op.convTranspose(g, toChannelsFirst(g, dy), kernel, { strides, dilations, pads, outputPadding });
  return toChannelsLast(g, x);
}

/** Two matrices of equally many rows. */
export type Pair = readonly [columns: Value, dy: Value];

/** The sum of patchesᵀ dy over pairs, each cut into slabs of rows; pairs are summed before slabs are. */
export function slabProducts(g: GraphBuilder, pairs: readonly Pair[]): Value {
  const bySize = new Map<string, { readonly product: Value; readonly fold: (sum: Value) => Value }>();
  for (const [columns, dy] of pairs) {
    const { product, fold } = slabProduct(g, columns, dy);
    const size = shapeOf(product).join();
    const known = bySize.get(size);
    bySize.set(size, { product: known ? op.add(g, known.product, product) : product, fold });
  }
  return [...bySize.values()]
    .map(({ product, fold }) => fold(product))
    .reduce((sum, value) => op.add(g, sum, value));
}

/** patchesᵀ dy of each slab, and what makes their sum of them. */
function slabProduct(g: GraphBuilder, columns: Value, dy: Value) {
  const [rows, width] = shapeOf(columns) as [number, number];
  const filters = shapeOf(dy)[1]!;
  let slabs = SLABS;
  while (rows % slabs) slabs /= 2;
  if (slabs === 1 || rows / slabs < FEWEST_ROWS) {
    const product = op.gemm(g, columns, dy, undefined, { transA: true });
    return { product, fold: (sum: Value) => sum };
  }
  const a = op.reshape(g, columns, [slabs, rows / slabs, width]);
  const b = op.reshape(g, dy, [slabs, rows / slabs, filters]);
  const turn = (x: Value) => op.transpose(g, x, [0, 2, 1]);
  // The narrower matrix is transposed. ONNX Runtime fuses that into the product on cpu; other providers run it as it
  // stands.
  if (filters < width) {
    const fold = (sum: Value) => op.transpose(g, op.reduceSum(g, sum, [0]), [1, 0]);
    return { product: op.matMul(g, turn(b), a), fold };
  }
  return { product: op.matMul(g, turn(a), b), fold: (sum: Value) => op.reduceSum(g, sum, [0]) };
}

function weightGradient(context: LoweringContext, x: Value, dy: Value, info: Conv2DInfo): Value {
  const { graph: g } = context;
  const filterShape = [info.filterHeight, info.filterWidth, info.inChannels, info.outChannels];
  const blocked = pointwiseFilterGradient(context, x, dy, info);
  if (blocked) return blocked;
  if (context.onCpu && usesWinograd(info, context.images))
    return winogradFilterGradient(context, x, dy, info);
  const pair = (image: Value, d: Value, i: Conv2DInfo): Pair => {
    const rows = i.batchSize * i.outHeight * i.outWidth;
    return [patches(context, image, i), op.reshape(g, d, [rows, i.outChannels])];
  };
  const isLarge = patchBytes(info) > LARGE_PATCHES;
  const pairs = isLarge
    ? bands(g, info, x, dy).map((band) => pair(band.values[0]!, band.values[1]!, band.info))
    : [pair(x, dy, info)];
  return op.reshape(g, slabProducts(g, pairs), filterShape);
}

/** Runs a lowering in NHWC on tensors that may be NCHW. */
function channelsLast(
  g: GraphBuilder,
  format: string | undefined,
  x: Value,
  apply: (x: Value) => Value,
): Value {
  if (format !== 'NCHW') return apply(x);
  return toChannelsFirst(g, apply(toChannelsLast(g, x)));
}

/** Attributes for the transposed tensors: explicit padding follows the axes. */
const channelsLastAttributes = <A extends ConvAttributes>(a: A): A =>
  a.dataFormat === 'NCHW' && Array.isArray(a.pad)
    ? { ...a, pad: [a.pad[0], a.pad[2], a.pad[3], a.pad[1]] }
    : a;

const conv: Lowering<ConvAttributes> = (context, { x, filter, bias, preluActivationWeights }, a) =>
  channelsLast(context.graph, a.dataFormat, x!, (image) => {
    const info = convInfo(shapeOf(image), shapeOf(filter!), channelsLastAttributes(a));
    const channelBias =
      bias && shapeOf(bias).length > 1 && a.dataFormat === 'NCHW'
        ? op.reshape(context.graph, bias, [info.outChannels])
        : bias;
    // A bias of any shape but one number a filter is broadcast after the product.
    const fits = channelBias && shapeOf(channelBias).reduce((n, d) => n * d, 1) === info.outChannels;
    let slope = preluActivationWeights;
    if (slope && a.dataFormat === 'NCHW' && shapeOf(slope).length === 3)
      slope = op.transpose(context.graph, slope, [1, 2, 0]);
    const activation = (y: Value) => activate(context.graph, y, a, slope);
    if (!channelBias || fits) {
      const vector = channelBias && op.reshape(context.graph, channelBias, [info.outChannels]);
      const fused = blockedActivation(a);
      const blocked = pointwiseForward(context, image, filter!, vector, info, fused);
      if (blocked) return fused ? blocked : activation(blocked);
      return forward(context, image, filter!, vector, info, activation);
    }
    const product = forward(context, image, filter!, undefined, info, (y) => y);
    return activation(op.add(context.graph, product, channelBias));
  });

export const CONV: Record<string, Lowering> = {
  Conv2D: conv,
  FusedConv2D: conv,
  Conv2DBackpropInput: (context, { dy, filter }, a: ConvAttributes & { inputShape: number[] }) => {
    const { graph: g } = context;
    const nchw = a.dataFormat === 'NCHW';
    const shape = nchw ? [0, 2, 3, 1].map((i) => a.inputShape[i]!) : a.inputShape;
    return channelsLast(g, a.dataFormat, dy!, (d) =>
      inputGradient(context, d, filter!, convInfo(shape, shapeOf(filter!), channelsLastAttributes(a))),
    );
  },
  Conv2DBackpropFilter: (context, { x, dy }, a: ConvAttributes & { filterShape: number[] }) => {
    const { graph: g } = context;
    const nchw = a.dataFormat === 'NCHW';
    const image = nchw ? toChannelsLast(g, x!) : x!;
    const gradient = nchw ? toChannelsLast(g, dy!) : dy!;
    return weightGradient(
      context,
      image,
      gradient,
      convInfo(shapeOf(image), a.filterShape, channelsLastAttributes(a)),
    );
  },
};

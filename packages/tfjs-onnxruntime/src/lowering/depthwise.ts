// Depthwise convolutions and their gradients, NHWC with kernels (KH, KW, C, multiplier): channel c of the image gives
// the channels c * multiplier … of the output.

import { op, type Value } from '@sightline/onnx';
import { util } from '@tensorflow/tfjs-core';
import { type ConvAttributes, convInfo, pairs, toChannelsFirst, toChannelsLast, unreached } from './conv.ts';
import {
  blockedFilterGradient,
  blockedForward,
  blockedInputGradient,
  usesBlocks,
} from './depthwise-blocks.ts';
import {
  productFilterGradient,
  productForward,
  productInputGradient,
  usesProducts,
} from './depthwise-products.ts';
import { activate, blockedActivation } from './elementwise.ts';
import { type Lowering, type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, windows } from './patches.ts';
import { sumOver } from './reduce.ts';
import { byChannel } from './wide-rows.ts';

interface GradientAttributes extends ConvAttributes {
  readonly inputShape: number[];
  readonly filterShape: number[];
}

const multiplierOf = (info: Conv2DInfo): number => info.outChannels / info.inChannels;

/** (C * multiplier, 1, KH, KW), as ONNX' grouped convolutions take their kernels. */
function groupedKernel({ graph: g }: LoweringContext, filter: Value, info: Conv2DInfo): Value {
  const moved = op.transpose(g, filter, [2, 3, 0, 1]);
  return op.reshape(g, moved, [info.outChannels, 1, info.filterHeight, info.filterWidth]);
}

const depthwise: Lowering<ConvAttributes> = (context, { x, filter, bias, preluActivationWeights }, a) => {
  const { graph: g } = context;
  const info = convInfo(shapeOf(x!), shapeOf(filter!), a, true);
  // A bias of any shape but one number a channel is broadcast after the convolution.
  const fits = bias && util.sizeFromShape(shapeOf(bias)) === info.outChannels;
  const vector = fits ? op.reshape(g, bias, [info.outChannels]) : undefined;
  if (usesBlocks(context, info)) {
    const fused = bias && !fits ? undefined : blockedActivation(a);
    const value = blockedForward(context, x!, filter!, vector, info, fused);
    if (fused) return value;
    const whole = bias && !fits ? op.add(g, value, bias) : value;
    return activate(g, whole, a, preluActivationWeights);
  }
  if (usesProducts(context, info)) {
    const product = productForward(context, x!, filter!, info);
    const biased = vector ? byChannel(context, op.add, product, vector) : product;
    const whole = bias && !fits ? op.add(g, biased, bias) : biased;
    return activate(g, whole, a, preluActivationWeights);
  }
  const options = { ...pairs(info), group: info.inChannels };
  const value = op.conv(g, toChannelsFirst(g, x!), groupedKernel(context, filter!, info), vector, options);
  const image = toChannelsLast(g, value);
  const biased = bias && !fits ? op.add(g, image, bias) : image;
  return activate(g, biased, a, preluActivationWeights);
};

function inputGradient(context: LoweringContext, dy: Value, filter: Value, a: GradientAttributes): Value {
  const { graph: g } = context;
  const info = convInfo(a.inputShape, shapeOf(filter), a, true);
  if (usesBlocks(context, info)) return blockedInputGradient(context, dy, filter, info);
  if (usesProducts(context, info)) return productInputGradient(context, dy, filter, info);
  const options = { ...pairs(info), group: info.inChannels, outputPadding: unreached(info) };
  return toChannelsLast(
    g,
    op.convTranspose(g, toChannelsFirst(g, dy), groupedKernel(context, filter, info), options),
  );
}

/** For each place of the kernel, the sum over images and positions of pixel times gradient, channel by channel. */
function filterGradient(context: LoweringContext, x: Value, dy: Value, a: GradientAttributes): Value {
  const { graph: g } = context;
  const info = convInfo(shapeOf(x), a.filterShape, a, true);
  if (usesBlocks(context, info)) return blockedFilterGradient(context, x, dy, info);
  if (usesProducts(context, info)) return productFilterGradient(context, x, dy, info);
  const [rows, places, multiplier] = [
    info.batchSize * info.outHeight * info.outWidth,
    info.filterHeight * info.filterWidth,
    multiplierOf(info),
  ];
  const pixels = op.reshape(g, windows(context, x, info), [rows, places, info.inChannels]);
  const gradients = op.reshape(g, dy, [rows, 1, info.inChannels, multiplier]);
  const parts = multiplier === 1 ? [gradients] : op.split(g, gradients, Array(multiplier).fill(1), 3);
  const sums = parts.map((part) => {
    const product = op.mul(g, pixels, op.reshape(g, part, [rows, 1, info.inChannels]));
    return op.reshape(g, sumOver(g, product, [0], false), [places, info.inChannels, 1]);
  });
  return op.reshape(g, op.concat(g, sums, 2), a.filterShape);
}

export const DEPTHWISE: Record<string, Lowering> = {
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: depthwise,
  DepthwiseConv2dNativeBackpropInput: (context, { dy, filter }, a: GradientAttributes) =>
    inputGradient(context, dy!, filter!, a),
  DepthwiseConv2dNativeBackpropFilter: (context, { x, dy }, a: GradientAttributes) =>
    filterGradient(context, x!, dy!, a),
};

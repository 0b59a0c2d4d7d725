// Depthwise convolutions and their gradients by ONNX Runtime's convolution of blocked maps (see `toBlocks` in
// @sightline/onnx), which computes as many channels at once as the processor's registers hold. All three are that one
// convolution:
//
//   output        of the image with the kernel
//   image's       of the output's gradient, with zeros between its pixels for strides, with the kernel turned around
//   kernel's      of each image with its output's gradient as the kernel: the sum over positions of pixel times gradient at
//                 each place; images are further channels

import { op, type Value } from '@sightline/onnx';
import { fitsBlocks, fromBlocks, inBlocks, vectorInBlocks } from './blocked-maps.ts';
import { pairs } from './conv.ts';
import { type LoweringContext, shapeOf } from './lowering.ts';
import type { Conv2DInfo } from './patches.ts';

/** Whether a convolution and its gradients are computed here: with one output channel per input channel, on cpu. */
export const usesBlocks = (context: LoweringContext, i: Conv2DInfo): boolean =>
  i.inChannels === i.outChannels &&
  fitsBlocks(context, i.inChannels) &&
  i.batchSize > 0 &&
  turnedPads(i).every((rows) => rows >= 0);

/** Zeros around the gradient of an output, with those between its pixels, such that the turned kernel gives an image's. */
function turnedPads(i: Conv2DInfo): [top: number, left: number, bottom: number, right: number] {
  const around = (
    size: number,
    out: number,
    stride: number,
    kernel: number,
    dilation: number,
    before: number,
  ) => {
    const first = (kernel - 1) * dilation - before;
    return [first, size + (kernel - 1) * dilation - first - out * stride] as const;
  };
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = i;
  const [top, bottom] = around(
    inHeight,
    outHeight,
    strideHeight,
    i.filterHeight,
    i.dilationHeight,
    padInfo.top,
  );
  const [left, right] = around(inWidth, outWidth, strideWidth, i.filterWidth, i.dilationWidth, padInfo.left);
  return [top, left, bottom, right];
}

/** (C, 1, KH, KW), blocked, of (KH, KW, C, 1). */
function blockedKernel(context: LoweringContext, filter: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const { filterHeight, filterWidth, inChannels } = i;
  const places = op.reshape(g, filter, [1, filterHeight, filterWidth, inChannels]);
  const kernel = op.toBlocks(g, places, context.block);
  return op.reshape(g, kernel, [shapeOf(kernel)[1]!, 1, filterHeight, filterWidth]);
}

/** The convolution of x (N, H, W, C) with a kernel (KH, KW, C, 1), plus a bias (C), and its activation. */
export function blockedForward(
  context: LoweringContext,
  x: Value,
  filter: Value,
  bias: Value | undefined,
  i: Conv2DInfo,
  activation: op.BlockedActivation | undefined,
): Value {
  const { graph: g } = context;
  const kernel = context.share(`blocked ${filter.name}`, () => blockedKernel(context, filter, i));
  const y = op.conv(g, inBlocks(context, x), kernel, bias && vectorInBlocks(context, bias), {
    ...pairs(i),
    group: shapeOf(kernel)[0]!,
    blocked: true,
    activation,
  });
  return fromBlocks(context, y, i.outChannels);
}

/** Its gradient by the image, of dy (N, OH, OW, C). */
export function blockedInputGradient(
  context: LoweringContext,
  dy: Value,
  filter: Value,
  i: Conv2DInfo,
): Value {
  const { graph: g } = context;
  const kernel = context.share(`blocked ${filter.name} turned`, () => {
    const turned = op.slice(g, filter, [-1, -1], [-(2 ** 31), -(2 ** 31)], [0, 1], [-1, -1]);
    return blockedKernel(context, turned, i);
  });
  const isStrided = i.strideHeight > 1 || i.strideWidth > 1;
  const gradient = isStrided ? withZerosBetween(context, inBlocks(context, dy), i) : inBlocks(context, dy);
  const { dilations } = pairs(i);
  const options = { dilations, pads: turnedPads(i), group: shapeOf(kernel)[0]!, blocked: true };
  return fromBlocks(context, op.conv(g, gradient, kernel, undefined, options), i.inChannels);
}

/** (N, C, OH * stride, OW * stride) of (N, C, OH, OW), both in blocks: each pixel with zeros below it and to its right. */
function withZerosBetween(context: LoweringContext, dy: Value, i: Conv2DInfo): Value {
  const { graph: g, block } = context;
  const [n, c, h, w] = shapeOf(dy) as [number, number, number, number];
  const { strideHeight, strideWidth } = i;
  const pixels = op.reshape(g, dy, [(n * c * h * w) / block, block]);
  const wide = withZeros(context, pixels, strideWidth);
  const rows = op.reshape(g, wide, [(n * c * h) / block, w * strideWidth * block]);
  const high = withZeros(context, rows, strideHeight);
  return op.reshape(g, high, [n, c, h * strideHeight, w * strideWidth]);
}

/** Rows, made some times as long by zeros behind each. Pad would take twice as long. */
function withZeros(context: LoweringContext, rows: Value, times: number): Value {
  if (times === 1) return rows;
  const { graph: g } = context;
  const [count, length] = shapeOf(rows) as [number, number];
  const shape = [count, length * (times - 1)];
  const zeros = context.share(`zeros ${shape}`, () =>
    g.constant(new Float32Array(shape[0]! * shape[1]!), shape),
  );
  return op.concat(g, [rows, zeros], 1);
}

/** Its gradient by the kernel, (KH, KW, C, 1). */
export function blockedFilterGradient(context: LoweringContext, x: Value, dy: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const { batchSize: n, filterHeight, filterWidth, inChannels, outHeight, outWidth } = i;
  const image = inBlocks(context, x);
  const channels = shapeOf(image)[1]!;
  const group = n * channels;
  const {
    strides,
    dilations,
    pads: [top, left],
  } = pairs(i);
  // As far as the last place reaches; images that end behind it give places that the kernel doesn't have.
  const behind = (
    size: number,
    before: number,
    out: number,
    stride: number,
    kernel: number,
    dilation: number,
  ) => Math.max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - size - before);
  const bottom = behind(i.inHeight, top, outHeight, strides[0], filterHeight, dilations[0]);
  const right = behind(i.inWidth, left, outWidth, strides[1], filterWidth, dilations[1]);
  const products = op.conv(
    g,
    op.reshape(g, image, [1, group, i.inHeight, i.inWidth]),
    op.reshape(g, inBlocks(context, dy), [group, 1, outHeight, outWidth]),
    undefined,
    { strides: dilations, dilations: strides, pads: [top, left, bottom, right], group, blocked: true },
  );
  const [, , height, width] = shapeOf(products) as [number, number, number, number];
  const sum = op.reduceSum(g, op.reshape(g, products, [n, channels * height * width]), [0]);
  const places = op.fromBlocks(g, op.reshape(g, sum, [1, channels, height, width]), inChannels);
  const isLarger = height > filterHeight || width > filterWidth;
  const kernel = isLarger ? op.slice(g, places, [0, 0], [filterHeight, filterWidth], [1, 2]) : places;
  return op.reshape(g, kernel, [filterHeight, filterWidth, inChannels, 1]);
}

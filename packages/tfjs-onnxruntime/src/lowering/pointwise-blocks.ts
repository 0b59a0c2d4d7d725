// Pointwise convolutions and their gradients with a map that is in blocks (see blocked-maps.ts): as fast as products of
// rows, and without sorting the map.

import { op, type Value } from '@sightline/onnx';
import { filled, fitsBlocks, fromBlocks, inBlocks, vectorInBlocks } from './blocked-maps.ts';
import { type LoweringContext, shapeOf } from './lowering.ts';
import { type Conv2DInfo, isPointwise } from './patches.ts';

/** Kernels are put into blocks in each run, which is worth it with as many pixels of a batch for each of their channels. */
const PIXELS_PER_CHANNEL = 4;
/** From as many pixels per image on, products of one block of channels repay what sorting the map would cost. */
const PIXELS_PER_IMAGE = 256;

const fits = (context: LoweringContext, i: Conv2DInfo): boolean =>
  isPointwise(i) &&
  i.batchSize > 0 &&
  fitsBlocks(context, i.inChannels) &&
  fitsBlocks(context, i.outChannels);

/** Whether a map of so many channels is known in blocks or its product is read so, and large enough. */
const computesInBlocks = (context: LoweringContext, map: Value, i: Conv2DInfo, channels: number): boolean =>
  (context.readInBlocks || context.blocked.has(map)) &&
  fits(context, i) &&
  (i.batchSize / context.images) * i.inHeight * i.inWidth >= PIXELS_PER_CHANNEL * channels;

/** (to, from, 1, 1), in blocks of both, of a matrix (from, to). */
function kernelInBlocks(context: LoweringContext, matrix: Value): Value {
  const { graph: g, block } = context;
  const [from, to] = shapeOf(matrix) as [number, number];
  const rows = filled(context, from);
  const whole = op.pad(g, matrix, [0, 0], [rows - from, 0], 'constant', g.float(0));
  const blocks = op.toBlocks(g, op.reshape(g, whole, [1, rows, 1, to]), block);
  return op.reshape(g, blocks, [filled(context, to), rows, 1, 1]);
}

/** The matrix (C, filters) of a kernel (1, 1, C, filters). */
const matrixOf = ({ graph: g }: LoweringContext, filter: Value): Value =>
  op.reshape(g, filter, shapeOf(filter).slice(2));

/** The convolution, where its result is read in blocks or its image is known so; with a bias (filters) and an activation. */
export function pointwiseForward(
  context: LoweringContext,
  x: Value,
  filter: Value,
  bias: Value | undefined,
  i: Conv2DInfo,
  activation: op.BlockedActivation | undefined,
): Value | undefined {
  if (!computesInBlocks(context, x, i, i.inChannels)) return undefined;
  const kernel = context.share(`blocked ${filter.name}`, () =>
    kernelInBlocks(context, matrixOf(context, filter)),
  );
  const vector = bias && vectorInBlocks(context, bias);
  const y = op.conv(context.graph, inBlocks(context, x), kernel, vector, {
    blocked: true,
    activation,
  });
  return fromBlocks(context, y, i.outChannels);
}

/** The gradient by the image, where that is read in blocks or the output's is known so. */
export function pointwiseInputGradient(
  context: LoweringContext,
  dy: Value,
  filter: Value,
  i: Conv2DInfo,
): Value | undefined {
  if (!computesInBlocks(context, dy, i, i.outChannels)) return undefined;
  const { graph: g } = context;
  const kernel = context.share(`blocked ${filter.name} transposed`, () =>
    kernelInBlocks(context, op.transpose(g, matrixOf(context, filter), [1, 0])),
  );
  const x = op.conv(g, inBlocks(context, dy), kernel, undefined, { blocked: true });
  return fromBlocks(context, x, i.inChannels);
}

/** The gradient by the kernel, where the map of more channels is known in blocks: a product for each block. */
export function pointwiseFilterGradient(
  context: LoweringContext,
  x: Value,
  dy: Value,
  i: Conv2DInfo,
): Value | undefined {
  const { graph: g, block } = context;
  const [narrow, wide] = i.inChannels < i.outChannels ? [x, dy] : [dy, x];
  const blocked = context.blocked.get(wide);
  const pixels = i.inHeight * i.inWidth;
  if (!blocked || !fits(context, i) || pixels < PIXELS_PER_IMAGE) return undefined;
  const [n, channels] = shapeOf(blocked) as [number, number];
  const blocks = channels / block;
  const rows = op.reshape(g, narrow, [n, 1, pixels, shapeOf(narrow).at(-1)!]);
  const columns = op.reshape(g, blocked, [n, blocks, pixels, block]);
  // ONNX Runtime fuses the transpose into the product.
  const products = op.matMul(g, op.transpose(g, rows, [0, 1, 3, 2]), columns);
  const sum = op.reduceSum(g, products, [0]);
  // (blocks, narrow, block) to (C, filters), without the channels that fill the last block.
  const isOutput = wide === dy;
  const turned = op.transpose(g, sum, isOutput ? [1, 0, 2] : [0, 2, 1]);
  const matrix = op.reshape(g, turned, isOutput ? [i.inChannels, channels] : [channels, i.outChannels]);
  const gradient = op.slice(g, matrix, [0], [shapeOf(wide).at(-1)!], [isOutput ? 1 : 0]);
  return op.reshape(g, gradient, [1, 1, i.inChannels, i.outChannels]);
}

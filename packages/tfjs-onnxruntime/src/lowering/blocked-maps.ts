// Maps (N, H, W, C) in blocks of channels (see `toBlocks` in @sightline/onnx), as ONNX Runtime's depthwise convolution takes
// and gives them. To sort a map costs as much as to compute with it. So a map that was made in blocks is known in both
// forms, of which the graph keeps those that are read, and what can computes in blocks as well: pointwise convolutions
// beside a depthwise one, gradients of activations, sums over pixels.

import { op, type Value } from '@sightline/onnx';
import { type LoweringContext, shapeOf } from './lowering.ts';

/** What `toBlocks` takes channels by. */
const QUARTER = 4;

/** Whether a map with so many channels can be held in blocks. */
export const fitsBlocks = ({ block }: LoweringContext, channels: number): boolean =>
  block > 0 && channels % QUARTER === 0;

/** A number of channels with those that fill the last block. */
export const filled = ({ block }: LoweringContext, channels: number): number =>
  Math.ceil(channels / block) * block;

/** A map in blocks, (N, C', H, W) with the channels that fill the last block, which are zeros. */
export function inBlocks(context: LoweringContext, x: Value): Value {
  const { blocked, graph, block } = context;
  if (!blocked.has(x)) blocked.set(x, op.toBlocks(graph, x, block));
  return blocked.get(x)!;
}

/** The map (N, H, W, channels) that was computed in blocks. */
export function fromBlocks({ blocked, graph }: LoweringContext, y: Value, channels: number): Value {
  const map = op.fromBlocks(graph, y, channels);
  blocked.set(map, y);
  return map;
}

/** Computed element by element in blocks, where all maps are known so; zeros must give zeros. */
export function elementByElement(
  context: LoweringContext,
  maps: readonly Value[],
  apply: (...maps: Value[]) => Value,
): Value {
  const blocks = maps.flatMap((map) => context.blocked.get(map) ?? []);
  if (blocks.length < maps.length) return apply(...maps);
  return fromBlocks(context, apply(...blocks), shapeOf(maps[0]!).at(-1)!);
}

/** The sum of each channel over images and pixels, (C), of a map that is known in blocks. */
export function sumOfPixels(context: LoweringContext, x: Value): Value | undefined {
  const { graph: g } = context;
  const blocks = context.blocked.get(x);
  if (!blocks) return undefined;
  const [n, channels, height, width] = shapeOf(blocks) as [number, number, number, number];
  const means = op.reshape(g, op.globalAveragePoolOfBlocks(g, blocks), [n, channels]);
  const sums = op.mul(g, op.reduceSum(g, means, [0]), g.float(height * width));
  return op.slice(g, sums, [0], [shapeOf(x).at(-1)!], [0]);
}

/** A number per channel, (C), for a map in blocks: zeros fill it. */
export const vectorInBlocks = (context: LoweringContext, vector: Value): Value =>
  context.share(`blocked ${vector.name}`, () => {
    const [channels] = shapeOf(vector) as [number];
    const { graph: g } = context;
    return op.pad(g, vector, [0], [filled(context, channels) - channels], 'constant', g.float(0));
  });

// 3x3 convolutions as Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs where a convolution takes 144. Each
// layer is one look-up of overlapping 6x6 patches and three matrix products, which ONNX Runtime's CPU provider runs
// at its full speed.
//
// An image is kept as *pixels* (P, C, N), the batch innermost: so a patch is a look-up of whole rows, transforms of
// patches are products from the left, and the transformed kernel is the left operand too, which ONNX Runtime reads
// as it is, while it would pack a right one anew at each run.
//
// A convolution leaves its pixels in the order (row in tile, column in tile, tile row, tile column), a *tile* being
// 4x4 outputs, and pooling in the same with tiles of 2x2. Nothing sorts them: the next layer's look-up knows where each lies.
// Tiles at the lower and right edge may overhang; what they hold there is never looked up.

import {
  type GraphBuilder,
  kroneckerSquare,
  type Matrix,
  matrixConstant,
  minimalFilter,
  op,
  type Value,
} from '@sightline/onnx';
import type { ConvolutionLayer, Layer } from '../architecture.ts';

interface Pixels {
  readonly value: Value;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The side of a tile, and how many there are; tiles of one pixel are row-major order. */
  readonly tile: number;
  readonly down: number;
  readonly across: number;
}

const FILTER = minimalFilter(4, 3, [0, 1, -1, 2, -2]);
const KERNEL = kroneckerSquare(FILTER.kernel);
const INPUT = kroneckerSquare(FILTER.input);
const OUTPUT = kroneckerSquare(FILTER.output);

/** Where the pixel at a row and a column lies. */
function position({ tile, down, across }: Pixels, row: number, column: number): number {
  const inTile = (row % tile) * tile + (column % tile);
  return (inTile * down + Math.floor(row / tile)) * across + Math.floor(column / tile);
}

/** A product from the left over the first axis, all others being one. */
function transform(g: GraphBuilder, matrix: Matrix, x: Value, shape: readonly (number | string)[]): Value {
  const flat = op.reshape(g, x, [matrix.columns, 'elements']);
  return op.reshape(g, op.matMul(g, matrixConstant(g, matrix), flat), shape);
}

/** For each place in a patch and each tile, the position of its pixel; outside of the image the one after the last. */
function patchTable(x: Pixels, down: number, across: number): BigInt64Array {
  const { outputs, patch } = FILTER;
  const outside = x.value.shape[0] as number;
  const table = new BigInt64Array(patch * patch * down * across);
  let at = 0;
  for (let i = 0; i < patch; i++) {
    for (let j = 0; j < patch; j++) {
      for (let u = 0; u < down; u++) {
        for (let v = 0; v < across; v++) {
          const [row, column] = [u * outputs + i - 1, v * outputs + j - 1];
          const inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
          table[at++] = BigInt(inside ? position(x, row, column) : outside);
        }
      }
    }
  }
  return table;
}

function convolution(g: GraphBuilder, x: Pixels, kernel: Value): Pixels {
  const { outputs, patch } = FILTER;
  const filters = kernel.shape[2] as number;
  const [down, across] = [Math.ceil(x.height / outputs), Math.ceil(x.width / outputs)];
  const count = down * across;
  const padded = op.pad(g, x.value, [0, 0, 0], [1, 0, 0]);
  const table = g.constant(patchTable(x, down, across), [patch * patch, count]);
  const patches = op.gather(g, padded, table, 0);
  const d = transform(g, INPUT, patches, [patch * patch, count, x.channels, 'N']);
  const shape = [outputs * outputs * count, filters, 'N'];
  const y = transform(g, OUTPUT, op.matMul(g, kernel, d), shape);
  return { value: y, height: x.height, width: x.width, channels: filters, tile: outputs, down, across };
}

/** 2x2 max pooling: the two rows, then the two columns, of each pair are neighbours in the order of a tile. */
function pooling(g: GraphBuilder, x: Pixels): Pixels {
  const half = x.tile / 2;
  let y = op.reshape(g, x.value, [half, 2, 'elements']);
  y = op.reshape(g, op.reduceMax(g, y, [1]), [half * half, 2, 'elements']);
  const shape = [half * half * x.down * x.across, x.channels, 'N'];
  const value = op.reshape(g, op.reduceMax(g, y, [1]), shape);
  return { ...x, value, height: Math.floor(x.height / 2), width: Math.floor(x.width / 2), tile: half };
}

function biasAndRelu(g: GraphBuilder, x: Pixels, bias: Value): Pixels {
  const column = op.reshape(g, bias, [x.channels, 1]);
  return { ...x, value: op.relu(g, op.add(g, x.value, column)) };
}

function fromNchw(g: GraphBuilder, x: Value): Pixels {
  const [, channels, height, width] = x.shape as [string, number, number, number];
  // Two transpositions of matrices: ONNX Runtime takes ten times as long over both in one.
  const matrix = op.reshape(g, x, ['NC', height * width]);
  const rows = op.reshape(g, op.transpose(g, matrix, [1, 0]), [height * width, 'N', channels]);
  const value = op.transpose(g, rows, [0, 2, 1]);
  return { value, height, width, channels, tile: 1, down: height, across: width };
}

function toNhwc(g: GraphBuilder, x: Pixels): Value {
  const order = new BigInt64Array(x.height * x.width);
  for (let i = 0; i < order.length; i++) {
    order[i] = BigInt(position(x, Math.floor(i / x.width), i % x.width));
  }
  const sorted = op.gather(g, x.value, g.constant(order), 0);
  return op.reshape(g, op.transpose(g, sorted, [2, 0, 1]), ['N', x.height, x.width, x.channels]);
}

/** A layer's transformed kernel, and its bias. */
export interface WinogradParameters {
  readonly kernel: Value;
  readonly bias: Value;
}

/** x (N, C, H, W) through some layers that begin with a convolution; gives (N, H', W', C'). */
export function winogradLayers(
  g: GraphBuilder,
  x: Value,
  layers: readonly Layer[],
  parameters: (layer: ConvolutionLayer) => WinogradParameters,
): Value {
  let pixels = fromNchw(g, x);
  layers.forEach((layer, i) => {
    if (layer.kind === 'pooling') return;
    g.scope = layer.name;
    const { kernel, bias } = parameters(layer);
    pixels = convolution(g, pixels, kernel);
    // Maxima commute with adding a bias and with ReLU, which then have a quarter of the pixels to do.
    if (layers[i + 1]?.kind === 'pooling') pixels = pooling(g, pixels);
    pixels = biasAndRelu(g, pixels, bias);
  });
  g.scope = '';
  return toNhwc(g, pixels);
}

/** The shape of a layer's transformed kernel: its 36 products, of (filters, channels) matrices each. */
export const winogradKernelShape = ({ filters, channels }: ConvolutionLayer): number[] => [
  KERNEL.rows,
  1,
  filters,
  channels,
];

/** Transforms a kernel (filters, channels, 3, 3). */
export function winogradKernel(g: GraphBuilder, weight: Value): Value {
  const [filters, channels] = weight.shape as [number, number, number, number];
  const flat = op.reshape(g, weight, [filters * channels, KERNEL.columns]);
  const transformed = op.gemm(g, matrixConstant(g, KERNEL), flat, undefined, { transB: true });
  return op.reshape(g, transformed, [KERNEL.rows, 1, filters, channels]);
}

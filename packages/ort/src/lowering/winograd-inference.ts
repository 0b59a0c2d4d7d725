/**
 * Winograd's F(4x4, 3x3) for inference, a chain of 3x3 convolutions (padding 1, ReLU) and 2x2 poolings. Each
 * convolution is one lookup of overlapping 6x6 patches and three matrix products, which ONNX Runtime's CPU provider
 * runs at full speed.
 *
 * Images are kept as *pixels* (P, C, N), the batch innermost: so a patch is a lookup of whole rows, transforms of
 * patches are products from the left, and the transformed kernel is the left operand too, which ONNX Runtime reads
 * as it is, while it would pack a right one anew in each run.
 *
 * A convolution leaves its pixels in the order (row in tile, column in tile, tile row, tile column), a *tile* being
 * 4x4 outputs, and pooling in the same order with tiles of 2x2. Nothing sorts them: the next lookup knows where each
 * lies. Tiles at the lower and right edge may overhang; what they hold there is never looked up.
 */

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { kroneckerSquare, matrixConstant } from './toom-cook.ts';
import { FOURS, transform } from './winograd.ts';

const { tile: TILE, patch: PATCH, products: PRODUCTS } = FOURS;

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

/** Where the pixel at a row and a column lies. */
function position({ tile, down, across }: Pixels, row: number, column: number): number {
  const inTile = (row % tile) * tile + (column % tile);
  return (inTile * down + Math.floor(row / tile)) * across + Math.floor(column / tile);
}

/** For each place in a patch and each tile, the position of its pixel; outside of the image the one after the last. */
function patchTable(x: Pixels, down: number, across: number): BigInt64Array {
  const outside = x.value.shape[0] as number;
  const table = new BigInt64Array(PRODUCTS * down * across);
  let at = 0;
  for (let i = 0; i < PATCH; i++) {
    for (let j = 0; j < PATCH; j++) {
      for (let u = 0; u < down; u++) {
        for (let v = 0; v < across; v++) {
          const [row, column] = [u * TILE + i - 1, v * TILE + j - 1];
          const inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
          table[at++] = BigInt(inside ? position(x, row, column) : outside);
        }
      }
    }
  }
  return table;
}

function convolution(g: GraphBuilder, x: Pixels, kernel: Value): Pixels {
  const filters = kernel.shape[2] as number;
  const [down, across] = [Math.ceil(x.height / TILE), Math.ceil(x.width / TILE)];
  const count = down * across;
  const padded = op.pad(g, x.value, [0, 0, 0], [1, 0, 0]);
  const table = g.constant(patchTable(x, down, across), [PRODUCTS, count]);
  const patches = op.gather(g, padded, table, 0);
  const d = transform(g, FOURS.input, patches);
  const tiles = transform(g, FOURS.output, op.matMul(g, kernel, d));
  const y = op.reshape(g, tiles, [TILE * TILE * count, filters, 'N']);
  return { value: y, height: x.height, width: x.width, channels: filters, tile: TILE, down, across };
}

/** 2x2 max pooling: the two rows, then the two columns, of each pair are neighbors in the order of a tile. */
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

/** A convolution by its transformed kernel (see `winogradKernel`) and bias, or a pooling. */
export type WinogradStep =
  | { readonly kind: 'convolution'; readonly name: string; readonly kernel: Value; readonly bias: Value }
  | { readonly kind: 'max-pooling' };

/** x (N, C, H, W) through some steps that begin with a convolution, to (N, H', W', C'). */
export function winogradLayers(g: GraphBuilder, x: Value, steps: readonly WinogradStep[]): Value {
  let pixels = fromNchw(g, x);
  steps.forEach((step, i) => {
    if (step.kind === 'max-pooling') return;
    g.scope = step.name;
    pixels = convolution(g, pixels, step.kernel);
    // Maxima commute with adding a bias and with ReLU, which then have a quarter of the pixels to do.
    if (steps[i + 1]?.kind === 'max-pooling') pixels = pooling(g, pixels);
    pixels = biasAndRelu(g, pixels, step.bias);
  });
  g.scope = '';
  return toNhwc(g, pixels);
}

/** Transforms a kernel (filters, channels, 3, 3) to its 36 matrices (36, 1, filters, channels). */
export function winogradKernel(g: GraphBuilder, weight: Value): Value {
  const [filters, channels] = weight.shape as [number, number, number, number];
  const matrix = kroneckerSquare(FOURS.kernel);
  const flat = op.reshape(g, weight, [filters * channels, matrix.columns]);
  const transformed = op.gemm(g, matrixConstant(g, matrix), flat, undefined, { transB: true });
  return op.reshape(g, transformed, [PRODUCTS, 1, filters, channels]);
}

/**
 * Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 convolution at stride 1, which takes 144; and
 * F(3x3, 3x3), 25 for 9, for images that threes cover with less to spare. With a patch d of the image, 6x6 or 5x5, a
 * kernel w and the outputs y, a *tile*,
 *
 *   y = O ((K w) * (I d))
 *
 * where * is elementwise (a matrix product once it is summed over channels) and K, I and O are the matrices below, each
 * applied to the rows and to the columns.
 * Two lowerings use it. `winograd-training.ts` keeps images NHWC as TensorFlow.js has them, transforms kernels in each
 * run and has both gradients; `winograd-inference.ts` keeps the batch innermost and takes kernels transformed once.
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015).
 */

import { type GraphBuilder, op, sizeOf, type Value } from '@sightline/onnx';
import { type Matrix, type MinimalFilter, matrixConstant, minimalFilter } from './toom-cook.ts';

export interface Winograd extends MinimalFilter {
  /** Products per tile. */
  readonly products: number;
}

function winograd(tile: number, points: readonly number[]): Winograd {
  const filter = minimalFilter(tile, 3, points);
  return { ...filter, products: filter.patch ** 2 };
}

/** F(4x4, 3x3). These points have half the rounding error of 0, ±1, ±2. */
export const FOURS = winograd(4, [0, 1, -1, 0.5, -2]);
/** F(3x3, 3x3). */
export const THREES = winograd(3, [0, 1, -1, -2]);

/**
 * Applies a matrix to the rows and to the columns of squares, (columns * columns, …) to (rows * rows, …): two products,
 * which take a third of the multiplications of one with its Kronecker square.
 */
export function transform(g: GraphBuilder, matrix: Matrix, x: Value): Value {
  const { rows, columns } = matrix;
  const rest = x.shape.slice(1);
  const m = matrixConstant(g, matrix);
  const size = sizeOf(rest);
  const lines = op.matMul(g, m, op.reshape(g, x, [columns, size === undefined ? 'lines' : columns * size]));
  const squares = op.matMul(g, m, op.reshape(g, lines, [rows, columns, size ?? 'elements']));
  return op.reshape(g, squares, [rows * rows, ...rest]);
}

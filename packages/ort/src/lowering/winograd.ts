/**
 * Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 convolution at stride 1, which takes 144; and
 * F(3x3, 3x3), 25 for 9, for images that threes cover with less to spare. With a patch d of the image, 6x6 or 5x5, a
 * kernel w and the outputs y, a *tile*,
 *
 *   y = O ((K w) * (I d))
 *
 * where * is elementwise (a matrix product once it is summed over channels) and the matrices are those below.
 * Two lowerings use it. `winograd-training.ts` keeps images NHWC as TensorFlow.js has them, transforms kernels in each
 * run and has both gradients; `winograd-inference.ts` keeps the batch innermost and takes kernels transformed once.
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015).
 */

import { kroneckerSquare, type Matrix, minimalFilter } from './toom-cook.ts';

export interface Winograd {
  /** The sides of a *tile* of outputs and of the patch of the image that it needs. */
  readonly tile: number;
  readonly patch: number;
  /** Products per tile. */
  readonly products: number;
  readonly kernel: Matrix;
  readonly input: Matrix;
  readonly output: Matrix;
}

function winograd(tile: number, points: readonly number[]): Winograd {
  const { patch, kernel, input, output } = minimalFilter(tile, 3, points);
  return {
    tile,
    patch,
    products: patch * patch,
    kernel: kroneckerSquare(kernel),
    input: kroneckerSquare(input),
    output: kroneckerSquare(output),
  };
}

/** F(4x4, 3x3). These points have half the rounding error of 0, ±1, ±2. */
export const FOURS = winograd(4, [0, 1, -1, 0.5, -2]);
/** F(3x3, 3x3). */
export const THREES = winograd(3, [0, 1, -1, -2]);

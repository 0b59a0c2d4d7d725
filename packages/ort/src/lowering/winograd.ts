/**
 * Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 convolution at stride 1, which takes 144. With a
 * 6x6 patch d of the image, a kernel w and the 4x4 outputs y,
 *
 *   y = O ((K w) * (I d))
 *
 * where * is elementwise (a matrix product once it is summed over channels) and the matrices are those below.
 * Two lowerings use it. `winograd-training.ts` keeps images NHWC as TensorFlow.js has them, transforms kernels in each
 * run and has both gradients; `winograd-inference.ts` keeps the batch innermost and takes kernels transformed once.
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015).
 */

import { kroneckerSquare, minimalFilter } from './toom-cook.ts';

/** These points have half the rounding error of 0, ±1, ±2. */
const FILTER = minimalFilter(4, 3, [0, 1, -1, 0.5, -2]);

/** The sides of a *tile* of outputs and of the patch of the image that it needs. */
export const { outputs: TILE, patch: PATCH } = FILTER;
/** Products per tile. */
export const PRODUCTS = PATCH * PATCH;
export const KERNEL = kroneckerSquare(FILTER.kernel);
export const INPUT = kroneckerSquare(FILTER.input);
export const OUTPUT = kroneckerSquare(FILTER.output);

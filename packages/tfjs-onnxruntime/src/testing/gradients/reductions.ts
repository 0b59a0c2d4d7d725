// Kernels that fold axes: sums, extremes, running sums, and products of matrices.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { alongAxis, asFloat, type Cases, reduction, shape, size, solid, upTo } from './draw.ts';

/** A side of a matrix; now and then it is empty. */
const side = fc.oneof({ weight: 12, arbitrary: size }, { weight: 1, arbitrary: fc.constant(0) });

export const REDUCTION_CASES: Record<string, Cases> = {
  ArgMax: alongAxis((x, axis) => asFloat(tf.argMax(x, axis))),
  ArgMin: alongAxis((x, axis) => asFloat(tf.argMin(x, axis))),
  BatchMatMul: fc
    .tuple(upTo(3), side, side, side, fc.boolean(), fc.boolean())
    .map(([batch, m, k, n, ta, tb]) => ({
      shapes: [
        [batch, ...(ta ? [k, m] : [m, k])],
        [batch, ...(tb ? [n, k] : [k, n])],
      ],
      op: (a, b) => tf.matMul(a!, b!, ta, tb),
    })),
  // TensorFlow.js' gradient moves the axes once too often but along the last.
  Cumsum: fc.tuple(solid(1), fc.boolean(), fc.boolean()).map(([s, exclusive, reverse]) => ({
    shapes: [s],
    op: (x) => tf.cumsum(x!, s.length - 1, exclusive, reverse),
  })),
  LogSoftmax: shape(1)
    .filter((s) => s.at(-1) !== 0)
    .map((s) => ({ shapes: [s], op: (x) => tf.logSoftmax(x!) })),
  Max: reduction(tf.max),
  Mean: reduction(tf.mean),
  Min: reduction(tf.min),
  Prod: reduction((x, axis, keep) => tf.prod(tf.add(tf.mul(x, 0.2), 1), axis, keep)),
  Softmax: shape(1)
    .filter((s) => s.at(-1) !== 0)
    .map((s) => ({ shapes: [s], op: (x) => tf.softmax(x!) })),
  Sum: reduction(tf.sum),
};

// What the gradient tests draw: shapes, axes, broadcasts, and arguments within the range of a function.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Case } from '../against-cpu.ts';

export type Cases = fc.Arbitrary<Case>;
export type Unary = (x: tf.Tensor) => tf.Tensor;
export type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

export const upTo = (max: number, min = 1) => fc.integer({ min, max });
export const size = upTo(9);
export const pad = fc.constantFrom('valid' as const, 'same' as const);

/** The size of an axis; now and then it is empty. */
const axis = fc.oneof({ weight: 12, arbitrary: upTo(4) }, { weight: 1, arbitrary: fc.constant(0) });
/** Shapes of up to four axes. */
export const shape = (least = 0) => fc.array(axis, { minLength: least, maxLength: 4 });
/** The same without empty axes, where TensorFlow.js' own cpu backend has no result. */
export const solid = (least = 0, most = 4) => fc.array(upTo(4), { minLength: least, maxLength: most });

export const unary = (op: Unary): Cases => shape().map((s) => ({ shapes: [s], op: (x) => op(x!) }));

/**
 * Two shapes that broadcast: axes of size 1 and missing leading axes. Some gradients of TensorFlow.js hold for equal
 * shapes only.
 */
export const broadcast = (op: Binary, ofEqualShapes = false): Cases =>
  fc
    .record({
      dims: fc.array(fc.record({ dim: axis, a: fc.boolean(), b: fc.boolean() }), { maxLength: 4 }),
      equal: fc.boolean(),
      cut: upTo(4, 0),
    })
    .map(({ dims, equal, cut }) => {
      const whole = dims.map(({ dim }) => dim);
      const shapes = equal
        ? [whole, whole]
        : [dims.map((d) => (d.a ? d.dim : 1)), dims.map((d) => (d.b ? d.dim : 1)).slice(cut)];
      // Nor do others sum over an axis that is empty.
      const isEmpty = whole.includes(0);
      return { shapes, op: (a, b) => op(a!, b!), forwardOnly: (ofEqualShapes || isEmpty) && !equal };
    });

export const reduction = (op: (x: tf.Tensor, axis: number[], keep: boolean) => tf.Tensor): Cases =>
  fc
    .record({ s: solid(1), axes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), keep: fc.boolean() })
    .map(({ s, axes, keep }) => ({
      shapes: [s],
      op: (x) =>
        op(
          x!,
          s.map((_, i) => i).filter((i) => axes[i]),
          keep,
        ),
    }));

/** A shape with one of its axes. */
export const alongAxis = (op: (x: tf.Tensor, axis: number) => tf.Tensor): Cases =>
  solid(1).chain((s) =>
    upTo(s.length - 1, 0).map((axis) => ({ shapes: [s], op: (x: tf.Tensor) => op(x, axis) }) as Case),
  );

/** Away from 0, with both signs. */
export const apart = (x: tf.Tensor) => tf.add(x, 5);
export const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5);
/** Within (-1, 1). */
export const small = (x: tf.Tensor) => tf.mul(x, 0.4);
export const asFloat = (x: tf.Tensor) => tf.cast(x, 'float32');

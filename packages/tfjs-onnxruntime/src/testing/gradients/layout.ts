// Kernels that move elements.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Case } from '../against-cpu.ts';
import { alongAxis, type Cases, shape, solid, upTo } from './draw.ts';

const blocks = fc.record({
  n: upTo(2),
  h: upTo(3),
  w: upTo(3),
  c: upTo(3),
  block: fc.tuple(upTo(3), upTo(3)),
});

export const LAYOUT_CASES: Record<string, Cases> = {
  BatchToSpaceND: blocks.map((a) => ({
    shapes: [[a.n * a.block[0] * a.block[1], a.h, a.w, a.c]],
    op: (x) =>
      tf.batchToSpaceND(x!, a.block, [
        [a.block[0] > 1 ? 1 : 0, 0],
        [0, a.block[1] > 1 ? 1 : 0],
      ]),
  })),
  BroadcastTo: fc
    .tuple(solid(1), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), upTo(1, 0))
    .map(([s, ones, cut]) => ({
      shapes: [s.map((dim, i) => (ones[i] ? 1 : dim)).slice(cut)],
      op: (x) => tf.broadcastTo(x!, s as [number]),
    })),
  Concat: fc.tuple(solid(1), upTo(3), upTo(3, 0), upTo(3, 0)).map(([s, a, b, at]) => {
    const axis = at % s.length;
    return { shapes: [a, b, 1].map((dim) => s.with(axis, dim)), op: (...xs) => tf.concat(xs, axis) };
  }),
  ExpandDims: fc
    .tuple(shape(), upTo(4, 0))
    .map(([s, axis]) => ({ shapes: [s], op: (x) => tf.expandDims(x!, axis % (s.length + 1)) })),
  GatherV2: fc
    .tuple(solid(1), upTo(3, 0), fc.array(upTo(50, 0), { minLength: 1, maxLength: 6 }))
    .map(([s, at, drawn]) => {
      const axis = at % s.length;
      const indices = drawn.map((i) => i % s[axis]!);
      return { shapes: [s], op: (x) => tf.gather(x!, tf.tensor1d(indices, 'int32'), axis) };
    }),
  MirrorPad: fc
    .tuple(upTo(4, 2), upTo(4, 2), fc.constantFrom('reflect' as const, 'symmetric' as const))
    .map(([h, w, mode]) => ({
      shapes: [[h, w]],
      op: (x) =>
        tf.mirrorPad(
          x!,
          [
            [1, 0],
            [h - 1, 1],
          ].map((p) => p.map((n) => Math.min(n, Math.min(h, w) - 1))) as [number, number][],
          mode,
        ),
    })),
  OneHot: upTo(6).map((n) => ({
    shapes: [[n]],
    op: (x) => tf.oneHot(tf.cast(tf.abs(x!), 'int32'), 3),
    forwardOnly: true,
  })),
  Pack: fc
    .tuple(shape(), upTo(4, 0))
    .map(([s, axis]) => ({ shapes: [s, s, s], op: (...xs) => tf.stack(xs, axis % (s.length + 1)) })),
  PadV2: solid(1).chain((s) =>
    fc
      .array(fc.tuple(upTo(2, 0), upTo(2, 0)), { minLength: s.length, maxLength: s.length })
      .map((paddings) => ({ shapes: [s], op: (x: tf.Tensor) => tf.pad(x, paddings, 1.5) }) as Case),
  ),
  Reshape: shape().map((s) => ({ shapes: [s], op: (x) => tf.reshape(x!, [tf.util.sizeFromShape(s)]) })),
  Reverse: alongAxis((x, axis) => tf.reverse(x, axis)),
  Slice: solid(1).chain((s) =>
    fc.tuple(...s.map((dim) => upTo(dim - 1, 0))).map(
      (begin) =>
        ({
          shapes: [s],
          op: (x: tf.Tensor) =>
            tf.slice(
              x,
              begin,
              s.map((dim, i) => dim - begin[i]!),
            ),
        }) as Case,
    ),
  ),
  SpaceToBatchND: blocks.map((a) => ({
    shapes: [[a.n, a.h * a.block[0] - 1, a.w * a.block[1], a.c]],
    op: (x) =>
      tf.spaceToBatchND(x!, a.block, [
        [1, 0],
        [0, 0],
      ]),
  })),
  // TensorFlow.js has no gradient of a split into one part.
  SplitV: fc.tuple(solid(1), upTo(3, 0), upTo(3, 2)).map(([s, at, parts]) => {
    const axis = at % s.length;
    return {
      shapes: [s.with(axis, parts * s[axis]!)],
      op: (x) => {
        const split = tf.split(x!, parts, axis);
        return tf.concat([split.at(-1)!, split[0]!], axis);
      },
    };
  }),
  Tile: solid(1).chain((s) =>
    fc
      .array(upTo(3), { minLength: s.length, maxLength: s.length })
      .map((reps) => ({ shapes: [s], op: (x: tf.Tensor) => tf.tile(x, reps) }) as Case),
  ),
  Transpose: shape(1).chain((s) =>
    fc
      .shuffledSubarray(
        s.map((_, i) => i),
        { minLength: s.length, maxLength: s.length },
      )
      .map((perm) => ({ shapes: [s], op: (x: tf.Tensor) => tf.transpose(x, perm) }) as Case),
  ),
  // Nor of unstacking one tensor.
  Unpack: fc.tuple(solid(), upTo(4, 0), upTo(4, 2)).map(([s, at, count]) => {
    const axis = at % (s.length + 1);
    return { shapes: [s.toSpliced(axis, 0, count)], op: (x) => tf.addN(tf.unstack(x!, axis)) };
  }),
  UnsortedSegmentSum: fc
    .tuple(fc.array(upTo(3, -1), { minLength: 1, maxLength: 7 }), solid(0, 2))
    .map(([ids, s]) => ({
      shapes: [[ids.length, ...s]],
      op: (x) => tf.unsortedSegmentSum(x!, tf.tensor1d(ids, 'int32'), 4),
    })),
};

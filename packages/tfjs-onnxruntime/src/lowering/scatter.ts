// Kernels that put rows where indices say. Sums over segments are the gradients of look-ups, as in embeddings.

import { op } from '@sightline/onnx';
import { backend_util } from '@tensorflow/tfjs-core';
import { type Lowering, numeric, scalar, shapeOf } from './lowering.ts';

export const SCATTER: Record<string, Lowering> = {
  TensorScatterUpdate: ({ graph: g }, { tensor, indices, updates }) => {
    const shape = shapeOf(tensor!);
    const { numUpdates, sliceRank } = backend_util.calculateShapes(
      { shape: shapeOf(updates!) } as never,
      { shape: shapeOf(indices!) } as never,
      shape,
    );
    const index = op.reshape(g, op.cast(g, indices!, 'int64'), [numUpdates, sliceRank]);
    const value = op.reshape(g, updates!, [numUpdates, ...shape.slice(sliceRank)]);
    return op.scatterND(g, tensor!, index, value);
  },
  /** Rows of x (n, …) summed by the segment that each belongs to, (numSegments, …); others are left out. */
  UnsortedSegmentSum: ({ graph: g }, { x, segmentIds }, { numSegments }: { numSegments: number }) => {
    const rows = numeric(g, x!);
    const [shape, idShape] = [shapeOf(rows), shapeOf(segmentIds!)];
    const ids = op.cast(g, segmentIds!, 'int32');
    if (idShape.length === 1) {
      // A row behind the last takes what belongs to no segment.
      const inside = op.and(
        g,
        op.greaterOrEqual(g, ids, scalar(g, 0, 'int32')),
        op.less(g, ids, scalar(g, numSegments, 'int32')),
      );
      const safe = op.where(g, inside, ids, scalar(g, numSegments, 'int32'));
      const index = op.reshape(g, op.cast(g, safe, 'int64'), [shape[0]!, 1]);
      const zeros = op.expand(g, scalar(g, 0, rows.dtype), [numSegments + 1, ...shape.slice(1)]);
      return op.slice(g, op.scatterND(g, zeros, index, rows, 'add'), [0], [numSegments], [0]);
    }
    const rest = shape.length - idShape.length;
    const segments = g.constant(
      Int32Array.from({ length: numSegments }, (_, i) => i),
      [numSegments, ...shape.map(() => 1)],
    );
    const hits = op.equal(g, segments, op.reshape(g, ids, [1, ...idShape, ...Array<number>(rest).fill(1)]));
    const taken = op.mul(g, op.cast(g, hits, rows.dtype), op.reshape(g, rows, [1, ...shape]));
    return op.reduceSum(g, taken, [1]);
  },
};

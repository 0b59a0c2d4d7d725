// Batches of rows that are numbers already, such as features: copied on this thread, as that is all there is to do.

import { SightlineError } from '@sightline/core';
import type { Batch, BatchOptions, BatchSource, SourceOptions } from './batch-source.ts';
import { checkSource, planEpoch } from './epoch-plan.ts';

export interface LabelledArray {
  /** N rows, one after the other. */
  readonly data: Float32Array;
  /** [N, ...rowShape]. */
  readonly shape: readonly number[];
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/** A source over an array in memory. Throws SightlineError `option` where the shape, data and labels do not fit. */
export function arraySource(rows: LabelledArray, options: SourceOptions): BatchSource {
  checkSource(options);
  const { data, shape, labels, classes } = rows;
  const [size = 0, ...rowShape] = shape;
  const length = rowShape.reduce((product, side) => product * side, 1);
  if (size * length !== data.length || size !== labels.length) {
    throw new SightlineError(
      'option',
      `Shape [${shape}] needs ${size * length} numbers and ${size} labels, but ${data.length} and ${labels.length} came.`,
    );
  }
  const { batchSize } = options;
  /** Pairs of buffers that no epoch uses now: a new one would be megabytes that are cleared first. */
  const spare: Buffers[] = [];
  return { size, rowShape, batchSize, labels, classes, batches };

  async function* batches(epoch: number, { signal, from = 0 }: BatchOptions = {}): AsyncGenerator<Batch> {
    const plan = planEpoch(size, epoch, options);
    let [buffer, other] = spare.pop() ?? [newBuffer(batchSize, length), newBuffer(batchSize, length)];
    for (let batch = from; batch < plan.batchCount; batch++) {
      signal?.throwIfAborted();
      const indices = plan.rows(batch);
      const { x, y } = buffer;
      [buffer, other] = [other, buffer];
      indices.forEach((row, i) => {
        x.set(data.subarray(row * length, (row + 1) * length), i * length);
        y[i] = labels[row]!;
      });
      const n = indices.length;
      yield { x: x.subarray(0, n * length), y: y.subarray(0, n), size: n, shape: [n, ...rowShape], indices };
    }
    // Not where a caller left early: it may still read what it asked for last.
    spare.push([buffer, other]);
  }
}

interface BatchBuffer {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

type Buffers = readonly [BatchBuffer, BatchBuffer];

const newBuffer = (batchSize: number, length: number): BatchBuffer => ({
  x: new Float32Array(batchSize * length),
  y: new Float32Array(batchSize),
});

// Batches of arrays for tests, in an order that follows from a seed and the epoch.

import type { BatchSource } from '@sightline/data';

export function rowsInOrder(
  x: Float32Array,
  rowShape: number[],
  labels: Int32Array,
  classes: string[],
  batchSize: number,
  shuffleSeed?: number,
): BatchSource {
  const width = rowShape.reduce((a, b) => a * b, 1);
  return {
    size: labels.length,
    rowShape,
    labels,
    classes,
    async *batches(epoch) {
      const order = Array.from(labels, (_, i) => i);
      if (shuffleSeed !== undefined) {
        const key = (i: number) =>
          Math.imul((i + 1) * 7919 + epoch * 104729 + shuffleSeed * 31, 2654435761) >>> 0;
        order.sort((a, b) => key(a) - key(b));
      }
      for (let start = 0; start < order.length; start += batchSize) {
        const indices = Uint32Array.from(order.slice(start, start + batchSize));
        const size = indices.length;
        const batch = new Float32Array(size * width);
        indices.forEach(
          (index, row) => void batch.set(x.subarray(index * width, (index + 1) * width), row * width),
        );
        const y = Float32Array.from(indices, (index) => labels[index]!);
        yield { x: batch, y, size, shape: [size, ...rowShape], indices };
      }
    },
  };
}

/** Seeded rows of two or more classes that a small network can tell apart: a bright channel in noise. */
export function stripes(rows: number, size: number, classes: number, seed = 1) {
  let state = seed >>> 0 || 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const x = new Float32Array(rows * size * size * 3);
  for (let i = 0; i < x.length; i++) {
    const label = labels[Math.floor(i / (size * size * 3))]!;
    x[i] = 0.6 * random() + (i % 3 === label % 3 ? 0.25 : 0.1);
  }
  return {
    x,
    rowShape: [size, size, 3],
    labels,
    classes: Array.from({ length: classes }, (_, k) => `class${k}`),
  };
}

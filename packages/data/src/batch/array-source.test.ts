import { describe, expect, it } from 'vitest';
import { arraySource } from './array-source.ts';

/** Rows of two numbers: their own index, and its square. */
const rows = (n: number) => ({
  data: Float32Array.from({ length: 2 * n }, (_, i) => (i >> 1) ** ((i % 2) + 1)),
  shape: [n, 2],
  labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  classes: ['a', 'b', 'c'],
});

describe('batches of rows in memory', () => {
  it('hold each row once an epoch, with its label, the last batch being smaller', async () => {
    const source = arraySource(rows(11), { batchSize: 4, seed: 5, shuffle: true });
    const seen: number[] = [];
    const sizes: number[] = [];
    for await (const { x, y, shape, size, indices } of source.batches(1)) {
      sizes.push(size);
      expect(shape).toEqual([size, 2]);
      [...indices].forEach((row, i) => {
        expect([x[2 * i], x[2 * i + 1], y[i]]).toEqual([row, row * row, row % 3]);
        seen.push(row);
      });
    }
    expect(sizes).toEqual([4, 4, 3]);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, i) => i));
  });

  it('stay as they are until the one after the next is asked for, from epoch to epoch too', async () => {
    const source = arraySource(rows(12), { batchSize: 4, seed: 5, shuffle: true });
    let last: { x: Float32Array; copy: number[] } | undefined;
    for (const epoch of [1, 2, 3]) {
      for await (const { x } of source.batches(epoch)) {
        if (last) expect([...last.x]).toEqual(last.copy);
        last = { x, copy: [...x] };
      }
    }
  });

  it('of two iterations at a time, or of one that was left early, share no memory', async () => {
    const source = arraySource(rows(12), { batchSize: 4, seed: 5, shuffle: true });
    const read = (epoch: number) => source.batches(epoch)[Symbol.asyncIterator]();
    const left = read(1);
    const held = (await left.next()).value!.x;
    await left.return?.();
    const [first, second] = [read(2), read(3)];
    const [a, b] = [(await first.next()).value!.x, (await second.next()).value!.x];
    expect(new Set([held.buffer, a.buffer, b.buffer]).size).toBe(3);
  });
});

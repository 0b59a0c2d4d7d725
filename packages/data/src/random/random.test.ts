// Streams of random numbers are told apart by every part of their key, and uniform.

import { describe, expect, it } from 'vitest';
import { randomFor, shuffled } from './random.ts';

describe('random streams', () => {
  it('differ by every part of their key', () => {
    const keys = [
      [1, 2, 3],
      [1, 2, 4],
      [1, 3, 3],
      [2, 2, 3],
      [2 ** 40, 2, 3],
      [2 ** 41, 2, 3],
      [-1, 2, 3],
      [1, 2],
      [3, 2, 1],
      [1, 'rotation'],
      [1, 'zoom'],
      ['zoom', 1],
    ];
    const firsts = keys.map((key) => randomFor(...key).next());
    expect(new Set(firsts).size).toBe(keys.length);
    expect(randomFor(1, 2, 3).next()).toBe(firsts[0]);
  });

  it('are uniform across neighboring keys', () => {
    const counts = new Array<number>(20).fill(0);
    for (let i = 0; i < 20_000; i++) counts[Math.floor(randomFor(7, 2, i % 15, i).next() * 20)]!++;
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 19 degrees of freedom: above 50 once in 10,000 seeds.
    expect(chi).toBeLessThan(50);
  });

  it('shuffle without losing any', () => {
    expect([...shuffled(100, randomFor(1))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });
});

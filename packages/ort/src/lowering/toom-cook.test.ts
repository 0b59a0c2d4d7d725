import { describe, expect, it } from 'vitest';
import { kroneckerSquare, type Matrix, minimalFilter } from './toom-cook.ts';

const apply = ({ rows, columns, data }: Matrix, x: readonly number[]): number[] =>
  Array.from({ length: rows }, (_, r) =>
    x.reduce((sum, v, c) => (c < columns ? sum + data[r * columns + c]! * v : sum), 0),
  );

const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) * 3);

describe('minimalFilter', () => {
  // Lavin and Gray's matrices for F(2, 3), up to the signs and scales that the construction leaves free.
  it('gives the matrices of F(2, 3)', () => {
    const { kernel, output } = minimalFilter(2, 3, [0, 1, -1]);
    expect([...output.data]).toEqual([1, 1, 1, 0, 0, 1, -1, 1]);
    expect([...kernel.data].map((v) => v + 0)).toEqual([-1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1]);
  });

  it.each([
    [2, 3, [0, 1, -1]],
    [4, 3, [0, 1, -1, 2, -2]],
    [6, 3, [0, 1, -1, 2, -2, 0.5, -0.5]],
    [2, 5, [0, 1, -1, 2, -2]],
  ])('F(%i, %i) is the convolution, written out', (outputs, taps, points) => {
    const f = minimalFilter(outputs, taps, points);
    const [d, g] = [numbers(f.patch, 1), numbers(taps, 2)];
    const u = apply(f.kernel, g);
    const products = apply(f.input, d).map((v, i) => v * u[i]!);
    const direct = Array.from({ length: outputs }, (_, i) => g.reduce((sum, w, k) => sum + w * d[i + k]!, 0));
    apply(f.output, products).forEach((y, i) => {
      // Float64, with intermediate values up to a thousand times the result.
      expect(y).toBeCloseTo(direct[i]!, 10);
    });
  });

  it('refuses a number of points that does not fit', () => {
    expect(() => minimalFilter(4, 3, [0, 1])).toThrow('F(4, 3) needs 5 points, but got 2.');
  });
});

it('the Kronecker square applies a matrix to rows and to columns', () => {
  const a: Matrix = { rows: 2, columns: 3, data: Float64Array.from([1, 2, 3, 4, 5, 6]) };
  const x = numbers(9, 3);
  const rows = [0, 1, 2].map((r) => apply(a, x.slice(3 * r, 3 * r + 3)));
  const both = [0, 1].map((c) =>
    apply(
      a,
      rows.map((row) => row[c]!),
    ),
  );
  const flat = apply(kroneckerSquare(a), x);
  for (const r of [0, 1]) for (const c of [0, 1]) expect(flat[r * 2 + c]).toBeCloseTo(both[c]![r]!, 12);
});

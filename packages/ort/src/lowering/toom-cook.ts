/**
 * Winograd's minimal filtering by the Toom-Cook construction. F(m, r) computes m outputs of a convolution with r taps
 * from a *patch* of m + r - 1 inputs with as many multiplications:
 *
 *   y = output ((kernel g) * (input d))            with matrices output (m, patch), kernel (patch, r), input (patch, patch)
 *
 * by evaluating both as polynomials at m + r - 2 points and at infinity. In two dimensions each matrix is applied to
 * rows and to columns.
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015); the construction is that of wincnn.
 */

import type { GraphBuilder, Value } from '@sightline/onnx';

/** Row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export interface MinimalFilter {
  /** The size of a *tile*: outputs that are computed together. */
  readonly tile: number;
  /** Inputs that a tile needs. */
  readonly patch: number;
  readonly kernel: Matrix;
  readonly input: Matrix;
  readonly output: Matrix;
}

function matrix(rows: number, columns: number, at: (row: number, column: number) => number): Matrix {
  const data = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) data[r * columns + c] = at(r, c);
  return { rows, columns, data };
}

/** The coefficients, lowest first, of the product of (x - root). */
function polynomial(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots) {
    const next = [...coefficients.map((c) => -root * c), 0];
    coefficients.forEach((c, i) => {
      next[i + 1]! += c;
    });
    coefficients = next;
  }
  return coefficients;
}

/** F(outputs, taps) over `outputs + taps - 2` distinct points; small ones keep the rounding error small. */
export function minimalFilter(outputs: number, taps: number, points: readonly number[]): MinimalFilter {
  const last = points.length;
  const patch = last + 1;
  if (patch !== outputs + taps - 1) {
    throw new RangeError(`F(${outputs}, ${taps}) needs ${outputs + taps - 2} points, but got ${last}.`);
  }
  const others = points.map((_, j) => points.filter((__, k) => k !== j));
  const scale = points.map((p, j) => others[j]!.reduce((product, q) => product * (p - q), 1));
  const rows = [...others, points].map(polynomial);
  return {
    tile: outputs,
    patch,
    kernel: matrix(patch, taps, (j, i) => (j < last ? points[j]! ** i / scale[j]! : Number(i === taps - 1))),
    input: matrix(patch, patch, (j, i) => rows[j]![i] ?? 0),
    output: matrix(outputs, patch, (i, j) => (j < last ? points[j]! ** i : Number(i === outputs - 1))),
  };
}

export const transposed = ({ rows, columns, data }: Matrix): Matrix =>
  matrix(columns, rows, (r, c) => data[c * columns + r]!);

export const columnsReversed = ({ rows, columns, data }: Matrix): Matrix =>
  matrix(rows, columns, (r, c) => data[r * columns + columns - 1 - c]!);

/** A matrix as a float32 constant of a graph. */
export const matrixConstant = (g: GraphBuilder, { rows, columns, data }: Matrix): Value =>
  g.constant(Float32Array.from(data), [rows, columns]);

/** The Kronecker product of a matrix with itself, which applies it to rows and to columns at once. */
export function kroneckerSquare({ rows, columns, data }: Matrix): Matrix {
  return matrix(rows * rows, columns * columns, (r, c) => {
    const outer = data[Math.floor(r / rows) * columns + Math.floor(c / columns)]!;
    return outer * data[(r % rows) * columns + (c % columns)]!;
  });
}

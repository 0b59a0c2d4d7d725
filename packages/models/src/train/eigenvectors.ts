/** The eigenvectors of small symmetric matrices, by Jacobi's rotations. Source: Golub and Van Loan, section 8.5. */

export interface Eigenvector {
  readonly value: number;
  /** Of length 1; its sign is arbitrary. */
  readonly vector: Float64Array;
}

/** A sweep makes what is off the diagonal small to the square of what it was: a few are enough for any matrix. */
const MOST_SWEEPS = 60;

/** The eigenvectors of a symmetric (size, size) matrix, given row by row, by falling eigenvalue. */
export function eigenvectors(matrix: Float64Array, size: number): Eigenvector[] {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let changed = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) changed = rotate(a, vectors, size, p, q) || changed;
    }
    if (!changed) break;
  }
  return Array.from({ length: size }, (_, k) => ({
    value: a[k * size + k]!,
    vector: Float64Array.from({ length: size }, (_, i) => vectors[i * size + k]!),
  })).sort((one, other) => other.value - one.value);
}

/** Rotates the plane of axes p and q until element (p, q) is 0; false where it is already, to the last digit. */
function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): boolean {
  const [off, app, aqq] = [a[p * size + q]!, a[p * size + p]!, a[q * size + q]!];
  if (Math.abs(off) <= Number.EPSILON * Math.sqrt(Math.abs(app * aqq))) return false;
  const theta = (aqq - app) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const turn = (array: Float64Array, one: number, other: number) => {
    const [x, y] = [array[one]!, array[other]!];
    array[one] = c * x - s * y;
    array[other] = s * x + c * y;
  };
  for (let k = 0; k < size; k++) turn(a, k * size + p, k * size + q);
  for (let k = 0; k < size; k++) turn(a, p * size + k, q * size + k);
  for (let k = 0; k < size; k++) turn(vectors, k * size + p, k * size + q);
  return true;
}

/**
 * Features in two dimensions, for people to look at: UMAP (McInnes et al., 2018) of the first principal components, or
 * the two first components alone where images are few. The same features give the same map.
 */

import { randomFor } from '@sightline/data';

/** A point per row of features. */
export interface FeatureMap {
  readonly method: 'umap' | 'pca';
  /** (rows, 2), within -1 and 1. */
  readonly points: Float32Array;
}

/** Neighbors of an image that UMAP keeps together: its usual number. */
const NEIGHBORS = 15;
/** Fewer images than these have no neighborhoods to speak of. */
export const FEWEST = 2 * NEIGHBORS;
/** Components that hold what tells images apart; distances in more are noise, and slow. */
const COMPONENTS = 30;
const SEED = 1;

/** @param features (rows, columns) */
export async function featureMap(features: Float32Array, columns: number): Promise<FeatureMap> {
  const rows = features.length / columns;
  if (rows < FEWEST) {
    return { method: 'pca', points: unitScale(principalComponents(features, columns, 2), 2) };
  }
  const components = Math.min(COMPONENTS, columns, rows);
  const reduced = principalComponents(features, columns, components);
  const { UMAP } = await import('umap-js');
  const umap = new UMAP({ nNeighbors: NEIGHBORS, minDist: 0.4, random: randomFor(SEED, 'umap').next });
  const { indices, distances } = nearestNeighbors(reduced, components, NEIGHBORS);
  umap.setPrecomputedKNN(indices, distances);
  const embedding = umap.fit(
    Array.from({ length: rows }, (_, i) =>
      Array.from(reduced.subarray(i * components, (i + 1) * components)),
    ),
  );
  return { method: 'umap', points: unitScale(Float32Array.from(embedding.flat()), 2) };
}

/** Rounds of orthogonal iteration: enough for components whose variances differ by a tenth. */
const ROUNDS = 24;

/**
 * The rows' coordinates along their first principal components, (rows, count), by orthogonal iteration on the covariance,
 * which is never formed.
 */
export function principalComponents(features: Float32Array, columns: number, count: number): Float32Array {
  const rows = features.length / columns;
  const centered = center(features, columns);
  const random = randomFor(SEED, 'components');
  let basis = Float64Array.from({ length: count * columns }, () => random.uniform(-0.5, 0.5));
  const scores = new Float64Array(rows * count);
  // Two components are looked at themselves; more of them only span the space that distances are measured in.
  const rounds = count > 2 ? ROUNDS / 6 : ROUNDS;
  for (let round = 0; round <= rounds; round++) {
    orthonormalize(basis, columns);
    project(centered, columns, basis, count, scores);
    if (round === rounds) break;
    const next = new Float64Array(count * columns);
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < count; k++) {
        const score = scores[i * count + k]!;
        for (let j = 0; j < columns; j++) next[k * columns + j]! += score * centered[i * columns + j]!;
      }
    }
    basis = next;
  }
  return Float32Array.from(scores);
}

function center(features: Float32Array, columns: number): Float32Array {
  const rows = features.length / columns;
  const mean = new Float64Array(columns);
  features.forEach((value, i) => {
    mean[i % columns]! += value / rows;
  });
  return features.map((value, i) => value - mean[i % columns]!);
}

function project(
  centered: Float32Array,
  columns: number,
  basis: Float64Array,
  count: number,
  into: Float64Array,
): void {
  for (let i = 0; i < centered.length / columns; i++) {
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += centered[i * columns + j]! * basis[k * columns + j]!;
      into[i * count + k] = sum;
    }
  }
}

/** Gram and Schmidt: the rows of a basis (count, columns) made orthogonal, each of length 1 or 0. */
function orthonormalize(basis: Float64Array, columns: number): void {
  const count = basis.length / columns;
  for (let k = 0; k < count; k++) {
    const row = basis.subarray(k * columns, (k + 1) * columns);
    const before = length(row);
    for (let other = 0; other < k; other++) {
      const axis = basis.subarray(other * columns, (other + 1) * columns);
      let dot = 0;
      for (let j = 0; j < columns; j++) dot += row[j]! * axis[j]!;
      for (let j = 0; j < columns; j++) row[j]! -= dot * axis[j]!;
    }
    const after = length(row);
    // What is left of a direction that the others span is rounding.
    const factor = after > before * 1e-9 ? 1 / after : 0;
    for (let j = 0; j < columns; j++) row[j]! *= factor;
  }
}

function length(row: Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}

/** The nearest rows of each row, itself first, and how far they are. */
function nearestNeighbors(points: Float32Array, columns: number, count: number) {
  const rows = points.length / columns;
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let a = 0; a < rows; a++) {
    const squares = new Float64Array(rows);
    for (let b = 0; b < rows; b++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += (points[a * columns + j]! - points[b * columns + j]!) ** 2;
      squares[b] = sum;
    }
    squares[a] = -1;
    const nearest = Array.from(squares.keys())
      .sort((x, y) => squares[x]! - squares[y]!)
      .slice(0, count);
    indices.push(nearest);
    distances.push(nearest.map((b) => Math.sqrt(Math.max(0, squares[b]!))));
  }
  return { indices, distances };
}

/** Centered, and scaled alike along all axes, so that all lies within -1 and 1. */
function unitScale(points: Float32Array, columns: number): Float32Array {
  const low = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  points.forEach((value, i) => {
    low[i % columns] = Math.min(low[i % columns]!, value);
    high[i % columns] = Math.max(high[i % columns]!, value);
  });
  const span = Math.max(...high.map((value, j) => value - low[j]!)) || 1;
  return points.map((value, i) => (2 * value - high[i % columns]! - low[i % columns]!) / span);
}

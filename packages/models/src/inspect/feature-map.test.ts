import { randomFor } from '@sightline/data';
import { expect, test } from 'vitest';
import { featureMap, principalComponents } from './feature-map.ts';
import { featureMapAside } from './feature-map-thread.ts';

const random = randomFor(7);

/** Rows around as many centers as there are groups, in turns. */
function groupsOf(rows: number, columns: number, groups: number): Float32Array {
  const centers = Array.from({ length: groups * columns }, () => random.uniform(-4, 4));
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const group = Math.floor(i / columns) % groups;
    return centers[group * columns + (i % columns)]! + random.uniform(-1, 1);
  });
}

const distance = (points: Float32Array, columns: number, a: number, b: number): number =>
  Math.hypot(
    ...Array.from({ length: columns }, (_, j) => points[a * columns + j]! - points[b * columns + j]!),
  );

test('two components keep all distances of rows that lie in a plane, and the first has the larger variance', () => {
  const [rows, columns] = [40, 50];
  // Two orthogonal directions: one has only even columns, the other only odd ones.
  const features = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const [u, v] = [random.uniform(-3, 3), random.uniform(-1, 1)];
    for (let j = 0; j < columns; j++) features[i * columns + j] = j % 2 === 0 ? u * (1 + j) : v * (1 + j) + 2;
  }
  const points = principalComponents(features, columns, 2);
  for (let i = 1; i < rows; i++) {
    const expected = distance(features, columns, 0, i);
    // Float32 sums of 50 products.
    expect(distance(points, 2, 0, i) / expected).toBeCloseTo(1, 4);
  }
  const variance = (j: number) => points.reduce((sum, value, i) => sum + (i % 2 === j ? value ** 2 : 0), 0);
  expect(variance(0)).toBeGreaterThan(variance(1));
});

test('the nearest images on the map are of the same group, and the same features give the same map', async () => {
  const [rows, columns, groups] = [90, 40, 3];
  const features = groupsOf(rows, columns, groups);
  const { method, points } = await featureMap(features, columns);
  expect(method).toBe('umap');
  for (let i = 0; i < rows; i++) {
    const others = Array.from({ length: rows }, (_, k) => k).filter((k) => k !== i);
    const nearest = others.reduce((best, k) =>
      distance(points, 2, i, k) < distance(points, 2, i, best) ? k : best,
    );
    expect(nearest % groups).toBe(i % groups);
  }
  expect(Math.max(...points.map(Math.abs))).toBeCloseTo(1, 5);
  expect((await featureMap(features, columns)).points).toEqual(points);
});

test('few images are shown by their first two components, equal ones at one point', async () => {
  expect((await featureMap(groupsOf(12, 8, 2), 8)).method).toBe('pca');
  const same = await featureMap(new Float32Array(5 * 8).fill(2), 8);
  expect([...same.points].every((value) => value === 0)).toBe(true);
});

test('a thread lays out the same map, and an abort ends it', async () => {
  const features = groupsOf(60, 20, 3);
  const controller = new AbortController();
  expect(await featureMapAside(features, 20, controller.signal)).toEqual(await featureMap(features, 20));
  const late = featureMapAside(features, 20, controller.signal);
  controller.abort(new Error('no longer wanted'));
  await expect(late).rejects.toThrow('no longer wanted');
});

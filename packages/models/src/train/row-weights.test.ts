import { expect, test } from 'vitest';
import { rowWeights } from './row-weights.ts';

/** All rows as one batch. */
const all = (rows: number) => ({ size: rows, indices: Uint32Array.from({ length: rows }, (_, i) => i) });
const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2);

test('balanced weights are those of scikit-learn’s compute_class_weight', () => {
  const weights = rowWeights(labels, 3, { classWeights: 'balanced' })!(all(12));
  expect(weights[0]).toBeCloseTo(0.57142857, 6);
  expect(weights[7]).toBe(2);
  expect(weights[11]).toBeCloseTo(1.33333333, 6);
});

test('class and sample weights multiply; without any there are none', () => {
  const sampleWeights = Float32Array.from(labels, (_, i) => i);
  expect(rowWeights(labels, 3, { classWeights: [1, 2, 0], sampleWeights })!(all(12))).toEqual(
    Float32Array.of(0, 1, 2, 3, 4, 5, 6, 14, 16, 0, 0, 0),
  );
  expect(rowWeights(labels, 3, {})).toBeUndefined();
});

test('a mixed row has the weights of its classes in their shares', () => {
  const weights = rowWeights(labels, 3, { classWeights: [1, 2, 4], sampleWeights: Array(12).fill(3) })!;
  const targets = Float32Array.of(0.25, 0.75, 0, 0, 0.5, 0.5);
  expect([...weights({ size: 2, indices: Uint32Array.of(0, 7), targets })]).toEqual([5.25, 9]);
});

test('wrong counts and values are refused', () => {
  expect(() => rowWeights(labels, 3, { classWeights: [1, 2] })).toThrow(
    /Expected 3 class weights.* but got 2/,
  );
  expect(() => rowWeights(labels, 3, { sampleWeights: [1] })).toThrow(/12 sample weights.* but got 1/);
  expect(() => rowWeights(labels, 3, { classWeights: [1, -1, 1] })).toThrow(/entry 1 is -1/);
});

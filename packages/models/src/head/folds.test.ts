import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reference } from '../testing/sklearn-head.ts';
import { NEVER, stratifiedFolds, trainingRows } from './folds.ts';

const labelsOf = (counts: readonly number[]) =>
  Int32Array.from(counts.flatMap((count, k) => new Array<number>(count).fill(k)));

/** Rows of each class in each fold. */
function table(labels: Int32Array, fold: Int32Array, classes: number, folds: number): number[][] {
  return Array.from({ length: classes }, (_, k) =>
    Array.from(
      { length: folds },
      (_, f) => labels.filter((label, row) => label === k && fold[row] === f).length,
    ),
  );
}

test.each(reference.folds)(
  '$counts in $folds folds lie as scikit-learn lays them',
  ({ counts, folds, perClass }) => {
    const labels = labelsOf(counts);
    const fold = stratifiedFolds(labels, counts.length, { folds, seed: 1 });
    expect(table(labels, fold, counts.length, folds).map((row) => row.sort((a, b) => b - a))).toEqual(
      perClass,
    );
  },
);

describe('for any classes and groups', () => {
  const problem = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 }),
    folds: fc.integer({ min: 2, max: 6 }),
    seed: fc.integer({ min: 0, max: 1e9 }),
    groups: fc.integer({ min: 1, max: 20 }),
  });

  test('classes and sizes are even', () =>
    fc.assert(
      fc.property(problem, ({ counts, folds, seed }) => {
        const labels = labelsOf(counts);
        const fold = stratifiedFolds(labels, counts.length, { folds, seed });
        const rows = table(labels, fold, counts.length, folds);
        rows.forEach((row, k) => {
          expect(row.reduce((a, b) => a + b)).toBe(counts[k] === 1 ? 0 : counts[k]);
          expect(Math.max(...row) - Math.min(...row)).toBeLessThanOrEqual(1);
        });
      }),
    ));

  test('a group is held out whole, and every class stays in the training part', () =>
    fc.assert(
      fc.property(problem, ({ counts, folds, seed, groups: number }) => {
        const labels = labelsOf(counts);
        const groups = labels.map((_, row) => (row * 7 + seed) % number);
        const fold = stratifiedFolds(labels, counts.length, { folds, seed, groups });
        for (let group = 0; group < number; group++) {
          const of = new Set([...fold].filter((f, row) => groups[row] === group && f !== NEVER));
          expect(of.size).toBeLessThanOrEqual(1);
        }
        for (let held = 0; held < folds; held++) {
          const weights = trainingRows(labels, counts.length, fold, held);
          counts.forEach((_, k) => {
            expect(labels.some((label, row) => label === k && weights[row]! > 0)).toBe(true);
          });
        }
      }),
    ));

  test('parts of the training rows are nested, and keep every class', () =>
    fc.assert(
      fc.property(problem, ({ counts, folds, seed }) => {
        const labels = labelsOf(counts);
        const fold = stratifiedFolds(labels, counts.length, { folds, seed });
        const [quarter, half, all] = [0.25, 0.5, 1].map((share) =>
          trainingRows(labels, counts.length, fold, 0, { share, seed }),
        );
        quarter!.forEach((weight, row) => {
          expect(half![row]).toBeGreaterThanOrEqual(weight);
          expect(all![row]).toBeGreaterThanOrEqual(half![row]!);
          expect(all![row]).toBe(fold[row] === 0 ? 0 : 1);
        });
        counts.forEach((_, k) => {
          const kept = labels.filter((label, row) => label === k && quarter![row]! > 0).length;
          const available = labels.filter((label, row) => label === k && all![row]! > 0).length;
          expect(kept).toBe(Math.max(1, Math.round(available / 4)));
        });
      }),
    ));
});

import { expect, test } from 'vitest';
import { reference } from '../testing/sklearn-head.ts';
import { suspects } from './suspects.ts';

test.each(reference.issues)(
  'cleanlab counts and ranks the same label errors of $classes classes',
  (issues) => {
    const probabilities = Float32Array.from(issues.probabilities);
    const found = suspects(probabilities, Int32Array.from(issues.labels), issues.classes);
    expect(found.filter(({ isConfident }) => isConfident).map(({ row }) => row)).toEqual(issues.ranked);
  },
);

test('a suspect says which class fits better; a sure label is none', () => {
  const probabilities = Float32Array.of(
    0.9,
    0.1,
    0,
    0.8,
    0.15,
    0.05,
    0.1,
    0.2,
    0.7,
    0,
    0.1,
    0.9,
    0.4,
    0.5,
    0.1,
  );
  const found = suspects(probabilities, Int32Array.of(0, 1, 2, 2, 0), 3);
  expect(found).toEqual([
    {
      row: 1,
      suggested: 0,
      probability: expect.closeTo(0.8, 6),
      labelProbability: expect.closeTo(0.15, 6),
      isConfident: true,
    },
    {
      row: 4,
      suggested: 1,
      probability: 0.5,
      labelProbability: expect.closeTo(0.4, 6),
      isConfident: true,
    },
  ]);
});

test('rows that were never held out are no suspects', () => {
  const probabilities = Float32Array.of(Number.NaN, Number.NaN, 0.2, 0.8, 0.9, 0.1, 0.3, 0.7);
  const labels = Int32Array.of(0, 0, 0, 1);
  expect(suspects(probabilities, labels, 2)).toMatchObject([{ row: 1, isConfident: true }]);
});

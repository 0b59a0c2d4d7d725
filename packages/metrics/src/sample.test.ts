import { expect, test } from 'vitest';
import { mean, sampleDeviation } from './sample.ts';

test('mean and deviation are those of numpy.mean and numpy.std(ddof=1)', () => {
  const accuracies = [0.722, 0.5, 0.5, 0.792, 0.747];
  expect(mean(accuracies)).toBeCloseTo(0.6522, 12);
  expect(sampleDeviation(accuracies)).toBeCloseTo(0.14118498503736154, 12);
});

test('the deviation of one value, or of none, is 0', () => {
  expect(sampleDeviation([0.7])).toBe(0);
  expect(sampleDeviation([])).toBe(0);
});

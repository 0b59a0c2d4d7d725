import { expect, test } from 'vitest';
import { median, quantile, summary } from './statistics.ts';

test('quantiles are those of numpy.quantile', () => {
  // numpy.quantile([7, 1, 4, 10], [0, 0.25, 0.5, 0.75, 1])
  const samples = [7, 1, 4, 10];
  expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantile(samples, p))).toEqual([1, 3.25, 5.5, 7.75, 10]);
});

test('an outlier moves neither the median nor the spread of many samples', () => {
  const quiet = summary([10, 10, 10, 10, 10, 10, 10, 500]);
  expect(quiet).toEqual({ median: 10, min: 10, max: 500, spread: 0 });
});

test('no samples are an error, not NaN', () => {
  expect(() => median([])).toThrow(RangeError);
});

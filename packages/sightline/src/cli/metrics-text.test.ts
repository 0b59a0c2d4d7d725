import { classificationMetrics, compactMetrics } from '@sightline/metrics';
import { expect, test } from 'vitest';
import { metricsText } from './metrics-text.ts';

test('nothing is claimed of a class that no image is of, and the means are without it', () => {
  // Two images each of a and c; one of a is taken for b.
  const labels = Int32Array.of(0, 0, 2, 2);
  const probabilities = Float32Array.of(0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8);
  const metrics = classificationMetrics(labels, probabilities, 3, ['a', 'b', 'c']);
  const text = metricsText(compactMetrics(metrics, 0.5));
  const row = (name: string) => new RegExp(`^${name} .*$`, 'm').exec(text)![0].split(/ {2,}/);
  expect(row('a').slice(0, 4)).toEqual(['a', '1.000', '0.500', '0.667']);
  expect(row('b')).toEqual(['b', '–', '–', '–', '–', '0']);
  expect(row('mean of 2 classes')).toEqual(['mean of 2 classes', '1.000', '0.750', '0.833']);
  expect(text).toContain('No images of b: left out of the means.');
});

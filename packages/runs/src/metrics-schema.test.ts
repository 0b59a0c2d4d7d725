// What `@sightline/metrics` gives is what a run.json may hold.

import { classificationMetrics, compactMetrics } from '@sightline/metrics';
import { expect, test } from 'vitest';
import { splitMetricsSchema } from './metrics-schema.ts';

test.each([
  ['two classes', [0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8], 1, ['other', 'car']],
  ['a class without images', [0, 0, 0], [0.2, 0.1, 0.4], 1, ['other', 'car']],
  ['a softmax that float32 rounds over 1', [0, 1], [1.0000001, 0, 0, 1.0000001], 2, ['a', 'b']],
])('%s', (_, labels, probabilities, units, classes) => {
  const all = classificationMetrics(
    Int32Array.from(labels),
    Float32Array.from(probabilities),
    units,
    classes,
  );
  for (const loss of [0.5, Number.NaN]) {
    const metrics = compactMetrics(all, loss);
    expect(splitMetricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
  }
});

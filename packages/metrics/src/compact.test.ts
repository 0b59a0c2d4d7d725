import { expect, test } from 'vitest';
import { compactMetrics } from './compact.ts';
import { classificationMetrics } from './metrics.ts';

/** Scores of a binary network that tells two classes apart a little. */
function scored(count: number) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const scores = Float32Array.from(labels, (label, i) => (((i * 7919) % 1009) / 1009) * 0.7 + 0.3 * label);
  return { labels, scores };
}

/** The area under a polyline, by trapezoids. */
const area = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, at, i) => sum + (i === 0 ? 0 : ((at - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2), 0);

test('curves are thinned to 200 points that enclose the same area', () => {
  const { labels, scores } = scored(3000);
  const full = classificationMetrics(labels, scores, 1, ['other', 'car']);
  const { ranking, images, loss } = compactMetrics(full, 0.5);
  const { roc, precisionRecall } = ranking[0]!;
  expect({ images, loss }).toEqual({ images: 3000, loss: 0.5 });
  expect(full.ranking[0]!.roc.points.length).toBeGreaterThan(1000);
  for (const curve of [roc, precisionRecall]) {
    expect(curve.x).toHaveLength(200);
    expect(curve.y).toHaveLength(200);
    expect(curve.x[0]).toBe(0);
    expect(curve.x.at(-1)).toBe(1);
    expect(curve.x).toEqual([...curve.x].sort((a, b) => a - b));
  }
  expect(area(roc.x, roc.y)).toBeCloseTo(full.ranking[0]!.roc.area, 3);
  expect(roc.thresholds[0]).toBeNull();
});

test('what these images cannot tell is null', () => {
  const one = classificationMetrics(Int32Array.of(0, 0, 0), Float32Array.of(0.2, 0.1, 0.4), 1, [
    'other',
    'car',
  ]);
  const metrics = compactMetrics(one, Number.NaN);
  expect(metrics.loss).toBeNull();
  expect(metrics.ranking[0]!.roc).toEqual({ area: null, interval: null, x: [], y: [], thresholds: [] });
  expect(metrics.threshold).toBeNull();
  expect(metrics.classes[1]).toMatchObject({ support: 0, recall: 0, recallInterval: [0, 1] });
  expect(metrics.macro.without).toEqual(['car']);
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
});

test('a softmax that float32 rounds over 1 counts as 1', () => {
  const over = Float32Array.of(1.0000001, 0, 0, 1.0000001);
  const metrics = compactMetrics(classificationMetrics(Int32Array.of(0, 1), over, 2, ['a', 'b']), 0.1);
  expect(metrics.calibration.bins.at(-1)!.confidence).toBe(1);
});

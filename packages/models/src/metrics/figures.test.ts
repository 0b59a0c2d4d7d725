import { figuresSchema } from '@sightline/runs';
import { expect, test } from 'vitest';
import { figuresOf } from './figures.ts';
import { report } from './report.ts';

/** Scores of `count` images that tell two classes apart a little, as a binary network gives them. */
function answers(count: number) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const scores = Float32Array.from(labels, (label, i) => (((i * 7919) % 1009) / 1009) * 0.7 + 0.3 * label);
  return { labels, scores };
}

/** The area under a polyline, by trapezoids. */
const area = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, at, i) => sum + (i === 0 ? 0 : ((at - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2), 0);

test('curves are thinned to 200 points that enclose the same area', () => {
  const { labels, scores } = answers(3000);
  const full = report(labels, scores, 1, ['other', 'car']);
  const { ranking, images, loss } = figuresOf(full, 0.5);
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

test('what these images can not say is null, and the whole is of the schema', () => {
  const one = report(Int32Array.of(0, 0, 0), Float32Array.of(0.2, 0.1, 0.4), 1, ['other', 'car']);
  const figures = figuresOf(one, Number.NaN);
  expect(figures.loss).toBeNull();
  expect(figures.ranking[0]!.roc).toEqual({ area: null, interval: null, x: [], y: [], thresholds: [] });
  expect(figures.classes[1]).toMatchObject({ support: 0, recall: 0, recallInterval: [0, 1] });
  expect(figuresSchema.parse(JSON.parse(JSON.stringify(figures)))).toEqual(figures);
});

test('a softmax that float32 rounds over 1 is no fault', () => {
  const over = Float32Array.of(1.0000001, 0, 0, 1.0000001);
  const figures = figuresOf(report(Int32Array.of(0, 1), over, 2, ['a', 'b']), 0.1);
  expect(figures.calibration.bins.at(-1)!.confidence).toBe(1);
  expect(figuresSchema.safeParse(figures).success).toBe(true);
});

// Against scikit-learn and scipy (tooling/fixtures/sklearn_metrics.py).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bootstrapAreas } from './bootstrap.ts';
import { mcnemar } from './mcnemar.ts';
import { classificationMetrics } from './metrics.ts';

interface Curves {
  fpr: number[];
  tpr: number[];
  thresholds: number[];
  auc: number;
  precision: number[];
  recall: number[];
  averagePrecision: number;
}
interface Case {
  labels: number[];
  probabilities: number[];
  accuracy: number;
  interval: [number, number];
  precision: number[];
  recall: number[];
  f1: number[];
  precisionInterval: [number, number][];
  recallInterval: [number, number][];
  f1Interval: [number, number][];
  support: number[];
  macroF1: number;
  confusion: number[][];
  /** Null for a class without images. */
  curves: (Curves | null)[];
  calibration: { accuracy: number[]; confidence: number[] };
  topK: number[];
}
const reference = JSON.parse(
  readFileSync(new URL('../test/fixtures/sklearn-metrics.json', import.meta.url), 'utf8'),
) as { binary: Case; four: Case; missing: Case; mcnemar: { first: number; second: number; p: number }[] };

const close = (got: readonly number[], expected: readonly number[]) => {
  expect(got).toHaveLength(expected.length);
  // Both compute in float64 from the same float32 scores.
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 10);
  });
};

describe.each(['binary', 'four', 'missing'] as const)('%s', (name) => {
  const expected = reference[name];
  const classes = name === 'binary' ? ['other', 'car'] : ['a', 'b', 'c', 'd'];
  const units = name === 'binary' ? 1 : 4;
  const got = classificationMetrics(
    Int32Array.from(expected.labels),
    Float32Array.from(expected.probabilities),
    units,
    classes,
  );

  test('accuracy and its interval, precision, recall, F1, confusion', () => {
    close([got.accuracy, ...got.accuracyInterval], [expected.accuracy, ...expected.interval]);
    for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
      close(
        got.classes.map((row) => row[key]),
        expected[key],
      );
    }
    for (const key of ['precisionInterval', 'recallInterval', 'f1Interval'] as const) {
      close(
        got.classes.flatMap((row) => row[key]),
        expected[key].flat(),
      );
    }
    close([got.macro.f1], [expected.macroF1]);
    expect(got.macro.without).toEqual(name === 'missing' ? ['c'] : []);
    expect(got.confusion).toEqual(expected.confusion);
  });

  test('ROC and precision-recall curves and their areas', () => {
    expect(got.ranking).toHaveLength(expected.curves.length);
    got.ranking.forEach(({ roc, precisionRecall }, k) => {
      const curves = expected.curves[k];
      if (!curves) {
        expect(roc.area).toBeNaN();
        expect(roc.interval).toEqual([Number.NaN, Number.NaN]);
        return;
      }
      close(
        roc.points.map((p) => p.x),
        curves.fpr,
      );
      close(
        roc.points.map((p) => p.y),
        curves.tpr,
      );
      close(
        roc.points.slice(1).map((p) => p.threshold),
        curves.thresholds,
      );
      // scikit-learn's curve ends where the recall reaches 1; ours goes on to the lowest score.
      close(
        precisionRecall.points.slice(0, curves.recall.length).map((p) => p.x),
        curves.recall,
      );
      close(
        precisionRecall.points.slice(0, curves.precision.length).map((p) => p.y),
        curves.precision,
      );
      close([roc.area, precisionRecall.area], [curves.auc, curves.averagePrecision]);
      expect(roc.interval[0]).toBeLessThan(roc.area);
      expect(roc.interval[1]).toBeGreaterThan(roc.area);
    });
  });

  test('calibration', () => {
    const filled = got.calibration.bins.filter((bin) => bin.count > 0);
    filled.forEach((bin, i) => {
      expect(bin.confidence).toBeCloseTo(expected.calibration.confidence[i]!, 10);
      expect(bin.accuracy).toBeCloseTo(expected.calibration.accuracy[i]!, 10);
    });
    const error =
      filled.reduce((sum, b) => sum + b.count * Math.abs(b.confidence! - b.accuracy!), 0) / got.count;
    expect(got.calibration.expectedError).toBeCloseTo(error, 12);
  });

  test('top-k', () => {
    close(got.topK, name === 'binary' ? [expected.accuracy] : expected.topK);
  });
});

test('the threshold is where recall plus specificity is greatest', () => {
  const { labels, probabilities } = reference.binary;
  const { threshold } = classificationMetrics(Int32Array.from(labels), Float32Array.from(probabilities), 1, [
    'other',
    'car',
  ]);
  const sum = (at: number) => {
    const of = (label: number, called: boolean) =>
      labels.filter((l, i) => l === label && Math.fround(probabilities[i]!) >= at === called).length;
    return of(1, true) / (of(1, true) + of(1, false)) + of(0, false) / (of(0, true) + of(0, false));
  };
  expect(threshold!.recall + threshold!.specificity).toBeCloseTo(sum(threshold!.score), 12);
  for (const p of probabilities)
    expect(sum(Math.fround(p))).toBeLessThanOrEqual(sum(threshold!.score) + 1e-12);
});

test('McNemar’s exact test', () => {
  for (const { first, second, p } of reference.mcnemar) {
    const right = (ones: number, zeros: number) => [
      ...Array(ones).fill(true),
      ...Array(zeros).fill(false),
      true,
    ];
    const test = mcnemar(right(first, second), [
      ...right(first, second)
        .slice(0, -1)
        .map((v) => !v),
      true,
    ]);
    expect(test).toMatchObject({ onlyFirst: first, onlySecond: second });
    expect(test.p).toBeCloseTo(p, 10);
  }
});

test('bootstrap intervals are narrower with more images, and the same each time', () => {
  const make = (n: number) => {
    const positive = Array.from({ length: n }, (_, i) => i % 2 === 0);
    return { positive, scores: positive.map((p, i) => ((i * 7919) % 101) / 101 + (p ? 0.3 : 0)) };
  };
  const width = (n: number) => {
    const { scores, positive } = make(n);
    const [interval] = bootstrapAreas([{ scores, positive }]);
    return interval!.roc[1] - interval!.roc[0];
  };
  // A hundred times the images: a tenth of the width, as standard errors go.
  expect(width(4000) / width(40)).toBeGreaterThan(0.07);
  expect(width(4000) / width(40)).toBeLessThan(0.14);
  expect(width(40)).toBe(width(40));
});

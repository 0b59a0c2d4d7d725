// Figures for fixtures: of a network that is right in a share of each class' images, and sure in the measure that it
// is right, so that everything follows from that share.

import { type SplitMetrics, wilsonInterval } from '@sightline/metrics';
import type { RunMetrics } from '@sightline/runs';

/** Figures of both splits, with so many images of each class in them. */
export function figures(
  classes: readonly string[],
  [train, validation]: readonly [train: number, validation: number],
  recall: number,
): NonNullable<RunMetrics['figures']> {
  return {
    train: ofSplit(classes, train, Math.min(1, recall + 0.05)),
    validation: ofSplit(classes, validation, recall),
  };
}

function ofSplit(classes: readonly string[], each: number, share: number): SplitMetrics {
  const hits = Math.round(each * share);
  const wrong = Math.floor((each - hits) / (classes.length - 1));
  const confusion = classes.map((_, i) =>
    classes.map((_, j) => (i === j ? each - wrong * (classes.length - 1) : wrong)),
  );
  const recall = confusion[0]![0]! / each;
  const interval = wilsonInterval(recall, each);
  // An ROC curve y = x ^ power has the area 1 / (1 + power).
  const power = (1 - share) / share;
  const x = Array.from({ length: 41 }, (_, i) => i / 40);
  const curve = (y: number[]) => ({
    area: share,
    interval: [Math.max(0, share - 0.03), Math.min(1, share + 0.03)] as [number, number],
    x,
    y,
    thresholds: x.map((at) => (at === 0 ? null : 1 - at)),
  });
  const ranked = classes.length === 2 ? classes.slice(1) : classes;
  return {
    images: each * classes.length,
    loss: 0.61,
    accuracy: recall,
    accuracyInterval: wilsonInterval(recall, each * classes.length),
    classes: classes.map((name) => ({
      class: name,
      precision: recall,
      precisionInterval: interval,
      recall,
      recallInterval: interval,
      f1: recall,
      f1Interval: interval,
      support: each,
    })),
    macro: { precision: recall, recall, f1: recall },
    confusion,
    ranking: ranked.map((name) => ({
      class: name,
      roc: curve(x.map((at) => at ** power)),
      precisionRecall: curve(x.map((at) => 1 - at ** 3 / classes.length)),
    })),
    calibration: {
      bins: Array.from({ length: 10 }, (_, i) => {
        const count = i < 5 ? 0 : Math.round((each * classes.length) / 5);
        const confidence = count ? (i + 0.5) / 10 : null;
        return {
          low: i / 10,
          high: (i + 1) / 10,
          count,
          confidence,
          accuracy: confidence && confidence - 0.04,
        };
      }),
      expectedError: 0.04,
    },
    topK: classes.slice(1).map((_, k) => Math.min(1, recall + 0.1 * k)),
    threshold: classes.length === 2 ? { score: 0.43, recall: 0.81, specificity: 0.74 } : null,
  };
}

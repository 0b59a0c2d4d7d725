// Whether confidences are calibrated: of the images predicted with a confidence of 80%, are 80% correct?

export interface CalibrationBin {
  /** Confidences over `low`, up to and including `high`. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** The mean confidence and the share that is correct; null in an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** The expected calibration error: the gap between the two, averaged over images. */
  readonly expectedError: number;
}

/**
 * Bins of equal width over confidences (probabilities of the predicted class). `correct` tells which predictions are.
 * Source: Guo et al., On Calibration of Modern Neural Networks (2017), equation 3.
 */
export function calibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean | number>,
  bins = 10,
): Calibration {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const bin = sums[Math.min(Math.max(Math.ceil(confidences[i]! * bins) - 1, 0), bins - 1)]!;
    bin.count++;
    bin.confidence += confidences[i]!;
    bin.correct += Number(correct[i]);
  }
  const rows = sums.map(({ count, confidence, correct: hits }, k) => ({
    low: k / bins,
    high: (k + 1) / bins,
    count,
    confidence: count ? confidence / count : null,
    accuracy: count ? hits / count : null,
  }));
  const gaps = rows.map(
    ({ count, confidence, accuracy }) => count * Math.abs((confidence ?? 0) - (accuracy ?? 0)),
  );
  return { bins: rows, expectedError: gaps.reduce((a, b) => a + b, 0) / confidences.length };
}

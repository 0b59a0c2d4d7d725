// Whether two classifiers differ on the same images by more than chance: only the images that exactly one of them gets
// right can tell.

export interface McNemar {
  /** Images that only the first, and only the second, gets right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** The probability of a split at least as uneven if both were equally good: two-sided, exact. */
  readonly p: number;
}

/** McNemar's exact test: the binomial of the two counts at a half. Source: Q. McNemar, Psychometrika 12 (1947). */
export function mcnemar(firstRight: ArrayLike<boolean>, secondRight: ArrayLike<boolean>): McNemar {
  let [onlyFirst, onlySecond] = [0, 0];
  for (let i = 0; i < firstRight.length; i++) {
    if (firstRight[i] && !secondRight[i]) onlyFirst++;
    if (!firstRight[i] && secondRight[i]) onlySecond++;
  }
  const n = onlyFirst + onlySecond;
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return { onlyFirst, onlySecond, p: Math.min(1, 2 * tail) };
}

// scikit-learn's, scipy's and cleanlab's results that tests compare with (tooling/fixtures/sklearn_head.py).

import { readFileSync } from 'node:fs';

interface Regression {
  readonly features: number[];
  readonly columns: number;
  readonly labels: number[];
  readonly classes: number;
  readonly c: number;
  readonly balanced: boolean;
  readonly objective: number;
  /** On standardized features; one vector for two classes. */
  readonly coefficients: number[];
  readonly intercepts: number[];
  readonly probabilities: number[];
}

interface Temperature {
  readonly logits: number[];
  readonly labels: number[];
  readonly classes: number;
  readonly scale: number;
  readonly loss: number;
}

interface Issues {
  readonly probabilities: number[];
  readonly labels: number[];
  readonly classes: number;
  /** Rows that cleanlab counts among the label errors, the worst first. */
  readonly ranked: number[];
}

interface Folds {
  readonly counts: number[];
  readonly folds: number;
  /** Rows of each class in each fold, the most first. */
  readonly perClass: number[][];
}

export const reference = JSON.parse(
  readFileSync(new URL('../../test/fixtures/sklearn-head.json', import.meta.url), 'utf8'),
) as { regressions: Regression[]; temperatures: Temperature[]; issues: Issues[]; folds: Folds[] };

// Scores of cross-validated heads: on the rows that each was trained on, and on those that were held out from it.

import { NEVER } from './folds.ts';
import type { Solution } from './logistic-regression.ts';
import { probabilitiesOf } from './temperature.ts';

/** The labels that a head is trained on. */
interface Labels {
  readonly labels: Int32Array;
  readonly classes: number;
}

export interface HeldOut {
  /** Their rows in the data, rising, and their logits by the head that was not trained on them. */
  readonly rows: Int32Array;
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** @param folds the fold that each task of the solution held out */
export function heldOutRows(
  { logits }: Solution,
  fold: Int32Array,
  folds: readonly number[],
  { labels, classes }: Labels,
): HeldOut {
  const rows = Int32Array.from(labels.keys()).filter((row) => fold[row] !== NEVER);
  const out = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => {
    const task = folds.indexOf(fold[row]!);
    for (let k = 0; k < classes; k++)
      out[i * classes + k] = logits[(task * classes + k) * labels.length + row]!;
  });
  return { rows, logits: out, labels: rows.map((row) => labels[row]!), classes };
}

/** 1 for the rows whose label has the largest logit, 0 for the others. */
export const correctRows = ({ logits, labels, classes }: HeldOut) =>
  Uint8Array.from(labels, (label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return row.every((value, k) => k === label || value < row[label]!) ? 1 : 0;
  });

export const mean = (values: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Loss and accuracy of the heads on their own training rows, one after the other. */
export function trainingScores(
  { logits }: Solution,
  rowWeights: readonly Float32Array[],
  { labels, classes }: Labels,
  scale: number,
): { loss: number; accuracy: number } {
  let [loss, correct, count] = [0, 0, 0];
  const n = labels.length;
  rowWeights.forEach((weights, task) => {
    for (let row = 0; row < n; row++) {
      if (!weights[row]) continue;
      const at = (k: number) => scale * logits[(task * classes + k) * n + row]!;
      const own = at(labels[row]!);
      let [sum, isBest] = [0, true];
      for (let k = 0; k < classes; k++) {
        const above = at(k) - own;
        sum += Math.exp(Math.min(above, 700));
        if (above >= 0 && k !== labels[row]) isBest = false;
      }
      loss += Math.log(sum);
      correct += Number(isBest);
      count++;
    }
  });
  return { loss: loss / count, accuracy: correct / count };
}

/** Probabilities of the held-out rows at their places among all. */
export function spread(
  { rows, logits }: HeldOut,
  count: number,
  classes: number,
  scale: number,
): Float32Array {
  const out = new Float32Array(count * classes).fill(Number.NaN);
  const probabilities = probabilitiesOf(logits, classes, scale);
  rows.forEach((row, i) => {
    out.set(probabilities.subarray(i * classes, (i + 1) * classes), row * classes);
  });
  return out;
}

// Which class was taken for which, and what follows: precision, recall and F1 of each class.

export interface ClassScores {
  readonly class: string;
  /** Of the images called this class, the share that is. 0 where none was called so, as scikit-learn has it. */
  readonly precision: number;
  /** Of the images of this class, the share that was found. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/** Counts [label][predicted]. */
export function confusionMatrix(labels: Int32Array, predicted: Int32Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    counts[label]![predicted[i]!]!++;
  });
  return counts;
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** Precision, recall and F1 of each class. */
export function classScores(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): ClassScores[] {
  return classes.map((name, k) => {
    const hits = confusion[k]![k]!;
    const support = confusion[k]!.reduce((a, b) => a + b, 0);
    const called = confusion.reduce((sum, row) => sum + row[k]!, 0);
    const f1 = ratio(2 * hits, support + called);
    return { class: name, precision: ratio(hits, called), recall: ratio(hits, support), f1, support };
  });
}

/** The unweighted means over classes. */
export function macroScores(scores: readonly ClassScores[]): {
  precision: number;
  recall: number;
  f1: number;
} {
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    scores.reduce((sum, s) => sum + s[key], 0) / scores.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

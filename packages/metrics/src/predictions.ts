// From probabilities to predicted classes. `units` is the number of a network's outputs: 1 for two classes (the
// probability of the second), else one per class.

/** The class of one row's probabilities: for a single unit, whether it is over the threshold; else the first maximum. */
export function predictedClass(probabilities: ArrayLike<number>, threshold = 0.5): number {
  if (probabilities.length === 1) return probabilities[0]! > threshold ? 1 : 0;
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  return best;
}

/** The classes of all rows of (n, units) probabilities. */
export function predictedClasses(probabilities: Float32Array, units: number, threshold = 0.5): Int32Array {
  return Int32Array.from({ length: probabilities.length / units }, (_, row) =>
    predictedClass(probabilities.subarray(row * units, (row + 1) * units), threshold),
  );
}

/** (n, classes) probabilities from (n, units): for a single unit, the first class' is 1 minus the second's. */
export function perClass(probabilities: Float32Array, units: number): Float32Array {
  if (units > 1) return probabilities;
  const out = new Float32Array(probabilities.length * 2);
  probabilities.forEach((p, row) => {
    out[2 * row] = 1 - p;
    out[2 * row + 1] = p;
  });
  return out;
}

/** A line of predictions.jsonl. */
export interface PredictionRow {
  readonly path: string;
  readonly label: string;
  /** The probability of the second of two classes, or of the predicted one of more. */
  readonly score: number;
  readonly predicted: string;
  /** Per class, where there are more than two. */
  readonly probabilities?: number[];
}

/** The rows of predictions.jsonl, in the order of `paths`. */
export function predictionRows(
  paths: readonly string[],
  labels: Int32Array,
  probabilities: Float32Array,
  units: number,
  classes: readonly string[],
): PredictionRow[] {
  return paths.map((path, row) => {
    const of = probabilities.subarray(row * units, (row + 1) * units);
    const predicted = predictedClass(of);
    const base = { path, label: classes[labels[row]!]!, predicted: classes[predicted]! };
    return units === 1
      ? { ...base, score: of[0]! }
      : { ...base, score: of[predicted]!, probabilities: Array.from(of) };
  });
}

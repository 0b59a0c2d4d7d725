// Images whose label is doubtful, by confident learning: a label is doubted where another class is as probable as it
// usually is among its own images. Source: Northcutt et al., Confident Learning: Estimating Uncertainty in Dataset
// Labels, JAIR 70 (2021), section 3.1; ranking by normalized margin as in cleanlab.

export interface Suspect {
  readonly row: number;
  /** The class that is more probable than the label. */
  readonly suggested: number;
  /** The probability of `suggested`, and of the label. */
  readonly probability: number;
  readonly labelProbability: number;
  /** Whether confident learning counts it among the errors; the others are only predicted differently. */
  readonly isConfident: boolean;
}

/**
 * Per class, the mean probability that its own images give it: what is needed to count as one of the class. Infinite
 * for a class without rows; rows of NaN do not count.
 */
export function classThresholds(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: number,
): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  labels.forEach((label, row) => {
    const own = probabilities[row * classes + label]!;
    if (Number.isNaN(own)) return;
    sums[label]! += own;
    counts[label]!++;
  });
  return sums.map((sum, k) => (counts[k] ? sum / counts[k]! : Number.POSITIVE_INFINITY));
}

/** The most probable of the classes that reach their threshold; -1 if none does. */
function confidentClass(probabilities: Float32Array, from: number, thresholds: Float64Array): number {
  let best = -1;
  for (let k = 0; k < thresholds.length; k++) {
    const p = probabilities[from + k]!;
    if (p >= thresholds[k]! && (best < 0 || p > probabilities[from + best]!)) best = k;
  }
  return best;
}

/**
 * The rows in doubt, the most doubtful first: those that another class fits better than their label.
 *
 * @param probabilities (rows, classes), of a model that was not trained on the row; rows of NaN are left out
 * @param thresholds of `classThresholds`, from rows of the same model. Default: of these rows
 */
export function suspects(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: number,
  thresholds: Float64Array = classThresholds(probabilities, labels, classes),
): Suspect[] {
  const found: Suspect[] = [];
  labels.forEach((label, row) => {
    const from = row * classes;
    const confident = confidentClass(probabilities, from, thresholds);
    const isConfident = confident >= 0 && confident !== label;
    let rival = label === 0 ? 1 : 0;
    for (let k = 0; k < classes; k++)
      if (k !== label && probabilities[from + k]! > probabilities[from + rival]!) rival = k;
    const [probability, labelProbability] = [probabilities[from + rival]!, probabilities[from + label]!];
    if (probability > labelProbability)
      found.push({ row, suggested: rival, probability, labelProbability, isConfident });
  });
  // Normalized margin: the label's probability less that of its strongest rival.
  const margin = (s: Suspect) => s.labelProbability - s.probability;
  return found.sort((a, b) => margin(a) - margin(b) || a.row - b.row);
}

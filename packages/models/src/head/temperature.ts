// Calibration by one number: logits divided by a temperature, so that confidences are as high as the accuracy allows.
// Source: Guo et al., On Calibration of Modern Neural Networks (2017), section 4.2. As in Platt, Probabilistic Outputs
// for Support Vector Machines (1999), labels are taken for certain only as far as so many rows allow: n rows that are
// all right do not make the next one certain.

/** Rows of logits with their labels, one row after the other. */
export interface LogitRows {
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

export interface Calibrated {
  /** What logits are multiplied by: 1 / temperature. */
  readonly scale: number;
  /** The mean log loss of the scaled logits. */
  readonly loss: number;
}

/** Scales beyond these differ by less than any classifier needs. */
const [LOWEST, HIGHEST] = [1e-2, 1e2];

/**
 * The scale of least log loss, labels in doubt by 1 / (rows + 2), by Newton's method within a bracket: the loss is convex
 * in it. Precise to 1e-6 of itself.
 *
 * @param start a scale near it, where one is known
 */
export function calibrate(rows: LogitRows, start = 1): Calibrated {
  let [low, high, scale] = [LOWEST, HIGHEST, start];
  for (let round = 0; round < 60; round++) {
    const { slope, curvature } = derivatives(rows, scale);
    if (slope > 0) high = scale;
    else low = scale;
    const newton = scale - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const moved = Math.abs(next - scale);
    scale = next;
    if (moved <= 1e-6 * scale) break;
  }
  return { scale, loss: derivatives(rows, scale).loss };
}

/** The mean log loss by the scale, and the derivatives with doubt: mean and variance of the logits over classes. */
function derivatives({ logits, labels, classes }: LogitRows, scale: number) {
  const n = labels.length;
  const doubt = 1 / (n + 2);
  let [loss, slope, curvature] = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const from = row * classes;
    const own = logits[from + labels[row]!]!;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = from; k < from + classes; k++) most = Math.max(most, logits[k]!);
    let [sum, first, second, total] = [0, 0, 0, 0];
    for (let k = from; k < from + classes; k++) {
      const z = logits[k]! - most;
      total += z;
      const power = Math.exp(scale * z);
      sum += power;
      first += power * z;
      second += power * z * z;
    }
    const mean = first / sum;
    loss += Math.log(sum) - scale * (own - most);
    slope += mean - (1 - doubt) * (own - most) - (doubt * total) / classes;
    curvature += second / sum - mean * mean;
  }
  return { loss: loss / n, slope: slope / n, curvature: curvature / n };
}

/** Softmax of the rows of scaled logits, in a new array. */
export function probabilitiesOf(logits: Float32Array, classes: number, scale = 1): Float32Array {
  const out = new Float32Array(logits.length);
  for (let from = 0; from < logits.length; from += classes) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = from; k < from + classes; k++) most = Math.max(most, logits[k]!);
    let sum = 0;
    for (let k = from; k < from + classes; k++) {
      out[k] = Math.exp(scale * (logits[k]! - most));
      sum += out[k]!;
    }
    for (let k = from; k < from + classes; k++) out[k]! /= sum;
  }
  return out;
}

// Standardized features: every column with mean 0 and deviation 1, so that one L2 penalty suits all of them. A column
// that hardly varies becomes smaller than that: divided by its own deviation, a new image that does differ in it would be
// thousands of deviations away, and this one column would decide its class, with certainty.

/** Mean and deviation per column. */
export interface Standardization {
  readonly mean: Float64Array;
  /** Infinity where a column is constant: it becomes 0 everywhere, and its weight is 0. */
  readonly deviation: Float64Array;
}

/** A column whose deviation is below this share of its mean is constant: what varies is rounding. */
const CONSTANT = 1e-6;

/** The least deviation, as a share of the root mean square of all: no column of photographs' features varies less. */
const LEAST = 0.03;

/**
 * The mean and population deviation of the columns of (rows, columns) features, as scikit-learn's StandardScaler but for
 * columns that hardly vary.
 */
export function standardization(features: Float32Array, columns: number): Standardization {
  const rows = features.length / columns;
  const mean = new Float64Array(columns);
  for (let i = 0; i < features.length; i += columns)
    for (let j = 0; j < columns; j++) mean[j]! += features[i + j]! / rows;
  const deviation = new Float64Array(columns);
  for (let i = 0; i < features.length; i += columns)
    for (let j = 0; j < columns; j++) deviation[j]! += (features[i + j]! - mean[j]!) ** 2 / rows;
  const least = LEAST * Math.sqrt(deviation.reduce((sum, square) => sum + square, 0) / columns);
  for (let j = 0; j < columns; j++) {
    const root = Math.sqrt(deviation[j]!);
    deviation[j] = root > CONSTANT * Math.abs(mean[j]!) ? Math.max(root, least) : Number.POSITIVE_INFINITY;
  }
  return { mean, deviation };
}

/** (features - mean) / deviation, in a new array. */
export function standardize(features: Float32Array, { mean, deviation }: Standardization): Float32Array {
  const columns = mean.length;
  const out = new Float32Array(features.length);
  for (let i = 0; i < features.length; i += columns)
    for (let j = 0; j < columns; j++) out[i + j] = (features[i + j]! - mean[j]!) / deviation[j]!;
  return out;
}

// How far a share that was measured on a few hundred images can be trusted.

/** The two ends of a 95% confidence interval. */
export type Interval = readonly [low: number, high: number];

/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * The 95% confidence interval of a share, Wilson's score interval: right for small counts and near 0 and 1 as well.
 * [0, 1] where nothing was counted. Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical
 * Inference (1927).
 * @param share the measured share, 0 to 1
 * @param count the number of images that it was measured on
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const scale = 1 + Z ** 2 / count;
  const center = (share + Z ** 2 / (2 * count)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count * count));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

// How far an accuracy that was measured on a few hundred images can be trusted.

/**
 * The 95 % confidence interval of a share, Wilson's score interval: right for small counts and near 0 and 1 as well.
 * Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
 * @param share what was measured, 0 to 1
 * @param count of how many
 */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z = 1.959963984540054;
  const z2 = z * z;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (z / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

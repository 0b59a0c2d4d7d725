// The few sums that several parts of the report need.

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** The largest equal share, 1 at least, with which lists of these lengths are together no longer than `most`. */
export function fairShare(lengths: readonly number[], most: number): number {
  const longest = Math.max(1, ...lengths);
  for (let share = longest; share > 1; share--) {
    if (sum(lengths.map((length) => Math.min(length, share))) <= most) return share;
  }
  return 1;
}

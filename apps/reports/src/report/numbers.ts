// The few sums that several parts of the report need.

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

/** The largest equal share, 1 at least, with which lists of these lengths are together no longer than `most`. */
export function fairShare(lengths: readonly number[], most: number): number {
  const longest = Math.max(1, ...lengths);
  for (let share = longest; share > 1; share--) {
    if (sum(lengths.map((length) => Math.min(length, share))) <= most) return share;
  }
  return 1;
}

/** The sample's standard deviation; 0 for a single value. */
export function deviation(numbers: readonly number[]): number {
  if (numbers.length < 2) return 0;
  const center = mean(numbers);
  return Math.sqrt(sum(numbers.map((n) => (n - center) ** 2)) / (numbers.length - 1));
}

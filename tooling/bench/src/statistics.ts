// What a benchmark says of its samples. Medians, because a shared machine gives outliers on one side only.

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Distance of the quartiles over the median: 0.02 says that half of the samples lie within 2%. */
  readonly spread: number;
}

/** The quantile `p` (0 to 1) of the samples, linear between neighbors as NumPy has it. */
export function quantile(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new RangeError('A quantile needs at least one sample.');
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * p;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export function summary(samples: readonly number[]): Summary {
  const middle = median(samples);
  return {
    median: middle,
    min: Math.min(...samples),
    max: Math.max(...samples),
    spread: (quantile(samples, 0.75) - quantile(samples, 0.25)) / middle,
  };
}

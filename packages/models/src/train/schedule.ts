// Learning rates over training, as data. Time is counted in epochs, fractions included, so that a schedule does
// not depend on the batch size.

export type Schedule =
  | { readonly name: 'constant'; readonly warmupEpochs?: number }
  /** Multiplied by `factor` after every `every` epochs. */
  | { readonly name: 'step'; readonly every: number; readonly factor: number; readonly warmupEpochs?: number }
  /** Half a cosine from the full rate down to `minimum` times it at the last epoch's end. */
  | { readonly name: 'cosine'; readonly minimum?: number; readonly warmupEpochs?: number };

/**
 * What the learning rate is multiplied by when `at` epochs (a fraction inside an epoch) of `epochs` are done.
 * During `warmupEpochs` it rises linearly from 0.01; the schedule then covers the epochs that remain.
 */
export function rateFactor(schedule: Schedule, at: number, epochs: number): number {
  const warmup = schedule.warmupEpochs ?? 0;
  if (at < warmup) return Math.max(at / warmup, 0.01);
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor((at - warmup) / schedule.every);
    case 'cosine': {
      const minimum = schedule.minimum ?? 0;
      const done = epochs > warmup ? Math.min((at - warmup) / (epochs - warmup), 1) : 1;
      return minimum + ((1 - minimum) * (1 + Math.cos(Math.PI * done))) / 2;
    }
  }
}

// Learning rates over training. Time is counted in epochs, fractions included, so that a schedule does not depend on the
// batch size.

import type { ScheduleSettings } from './settings.ts';

/** Half a cosine from 1 down to 0, `done` (0 to 1) of the way. */
const cosine = (done: number): number => (1 + Math.cos(Math.PI * Math.min(done, 1))) / 2;

/** During warm-up the learning rate starts here, as a share. */
const WARMUP_START = 0.01;

/**
 * What the learning rate is multiplied by when `at` epochs (a fraction inside an epoch) of `epochs` are done. `one-cycle`
 * is PyTorch's OneCycleLR with cosines and `triangular` two straight lines; the others rise linearly during `warmupEpochs` and then cover what remains.
 */
export function rateFactor(schedule: ScheduleSettings, at: number, epochs: number): number {
  if (schedule.name === 'one-cycle') {
    const { rise, start, end } = schedule;
    const done = at / epochs;
    return done < rise
      ? 1 - (1 - start) * cosine(done / rise)
      : end + (1 - end) * cosine((done - rise) / (1 - rise));
  }
  if (schedule.name === 'triangular') {
    const { peak, start, end } = schedule;
    const done = at / epochs;
    return done < peak
      ? start + (1 - start) * (done / peak)
      : 1 - (1 - end) * Math.min((done - peak) / (1 - peak || 1), 1);
  }
  const { warmupEpochs } = schedule;
  if (at < warmupEpochs) return Math.max(at / warmupEpochs, WARMUP_START);
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor((at - warmupEpochs) / schedule.every);
    case 'cosine': {
      const { minimum } = schedule;
      const done = epochs > warmupEpochs ? (at - warmupEpochs) / (epochs - warmupEpochs) : 1;
      return minimum + (1 - minimum) * cosine(done);
    }
  }
}

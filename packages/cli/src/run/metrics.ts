/** A run's figures from its history. */
import type { Collapsed, EpochRecord, RunMetrics } from '@sightline/runs';

/** Those of the last epoch, and the epoch of the best validation accuracy; null without any epoch. */
export function metricsOf(history: readonly EpochRecord[], collapsed: Collapsed | null): RunMetrics | null {
  const last = history.at(-1);
  if (!last) return null;
  const best = history.reduce((best, record) => (record.valAccuracy > best.valAccuracy ? record : best));
  return {
    train: { loss: last.loss, accuracy: last.accuracy },
    validation: { loss: last.valLoss, accuracy: last.valAccuracy },
    best: { epoch: best.epoch, loss: best.valLoss, accuracy: best.valAccuracy },
    collapsed,
  };
}

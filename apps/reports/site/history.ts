// A run's loss or accuracy by epoch as a chart, with another run's dashed beside it.

import { historyChart } from '@sightline/viz';
import type { ReportRun } from '../src/report/report-run.ts';

type Quantity = 'loss' | 'accuracy';

/** What `Chart` takes as `plot`. `kept` is the epoch whose weights were kept, if that is not the last. */
export function historyPlot(
  run: ReportRun,
  quantity: Quantity,
  { beside, kept }: { beside?: ReportRun | undefined; kept?: number | undefined } = {},
) {
  return (size: { width: number; height: number }): string =>
    historyChart(valuesOf(run, quantity), {
      quantity,
      ...(beside ? { baseline: valuesOf(beside, quantity) } : {}),
      ...(kept === undefined ? {} : { kept }),
      ...size,
    });
}

const valuesOf = ({ name, history }: ReportRun, quantity: Quantity) => ({
  name,
  epochs: history.map((epoch) => ({
    epoch: epoch.epoch,
    training: quantity === 'loss' ? epoch.loss : epoch.accuracy,
    validation: quantity === 'loss' ? epoch.valLoss : epoch.valAccuracy,
  })),
});

/** The schema of the metrics that `run.json` keeps of each split; see `SplitMetrics` in `@sightline/metrics`. */
import type { SplitMetrics } from '@sightline/metrics';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().nonnegative();
const interval = z.tuple([share, share]);

const curveSchema = z.object({
  area: share.nullable(),
  interval: interval.nullable(),
  x: z.array(share),
  y: z.array(share),
  thresholds: z.array(z.number().nullable()),
});

const classMetricsSchema = z.object({
  class: z.string(),
  precision: share,
  precisionInterval: interval,
  recall: share,
  recallInterval: interval,
  f1: share,
  f1Interval: interval,
  support: count,
});

export const splitMetricsSchema = z.object({
  images: count.positive(),
  loss: z.number().nullable(),
  accuracy: share,
  accuracyInterval: interval,
  classes: z.array(classMetricsSchema),
  macro: z.object({ precision: share, recall: share, f1: share, without: z.array(z.string()).optional() }),
  confusion: z.array(z.array(count)),
  ranking: z.array(z.object({ class: z.string(), roc: curveSchema, precisionRecall: curveSchema })),
  calibration: z.object({
    bins: z.array(
      z.object({
        low: share,
        high: share,
        count,
        confidence: share.nullable(),
        accuracy: share.nullable(),
      }),
    ),
    expectedError: share,
  }),
  topK: z.array(share),
  threshold: z.object({ score: share, recall: share, specificity: share }).nullable(),
}) satisfies z.ZodType<SplitMetrics>;

/**
 * The schema of the figures that `run.json` keeps of a network's answers to labelled images: all that the site draws
 * of them, and that two runs can be compared by. A figure that these images can't give (an area without both kinds of
 * images) is null.
 */
import { z } from 'zod';

const share = z.number().min(0).max(1);
/** 95 %. */
const interval = z.tuple([share, share]);

/** A curve over all thresholds, from the highest down. Points that no drawing would miss are left out. */
const curveSchema = z.object({
  /** Of all points, also of those left out. */
  area: share.nullable(),
  /** By bootstrap. */
  interval: interval.nullable(),
  x: z.array(share),
  y: z.array(share),
  /** Of each point; null where nothing is called positive. */
  thresholds: z.array(z.number().nullable()),
});

export const classFiguresSchema = z.object({
  class: z.string(),
  /** Of the images called this class, the share that is; and so on, each with Wilson's interval. */
  precision: share,
  precisionInterval: interval,
  recall: share,
  recallInterval: interval,
  f1: share,
  f1Interval: interval,
  /** Images of this class. */
  support: z.number().int().nonnegative(),
});

export const figuresSchema = z.object({
  images: z.number().int().positive(),
  /** Regularisation included; null where it is not finite. */
  loss: z.number().nullable(),
  accuracy: share,
  accuracyInterval: interval,
  classes: z.array(classFiguresSchema),
  macro: z.object({ precision: share, recall: share, f1: share }),
  /** Counts [label][predicted], in the order of `classes`. */
  confusion: z.array(z.array(z.number().int().nonnegative())),
  /** For two classes the second against the first; for more each against the rest. */
  ranking: z.array(
    z.object({
      class: z.string(),
      /** x the false positive rate, y the true positive rate. */
      roc: curveSchema,
      /** x the recall, y the precision; its area is the average precision. */
      precisionRecall: curveSchema,
    }),
  ),
  calibration: z.object({
    /** Of the confidences over `low`, up to and with `high`: their mean, and the share that is right. */
    bins: z.array(
      z.object({
        low: share,
        high: share,
        count: z.number().int().nonnegative(),
        confidence: share.nullable(),
        accuracy: share.nullable(),
      }),
    ),
    /** The expected calibration error. */
    expectedError: share,
  }),
  /** The share of images whose class is among the k most probable, k from 1. */
  topK: z.array(share),
  /** For two classes: the score from which on to call the second, so that recall plus specificity is greatest. */
  threshold: z.object({ score: share, recall: share, specificity: share }).nullable(),
});

/** A network's figures on one split. */
export type Figures = z.infer<typeof figuresSchema>;
export type ClassFigures = z.infer<typeof classFiguresSchema>;
export type FigureCurve = z.infer<typeof curveSchema>;

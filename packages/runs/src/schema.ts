/**
 * The schema of a run folder's JSON files, version 2. These shapes are stable: the site, comparisons and users' scripts
 * read them. A change that older readers cannot read needs a new number in `schema`, and a step in `upgrade.ts`.
 *
 * A *run* is one training of one network. `run.json` says what was trained, on what, by what and how it went;
 * `history.jsonl` has a line per epoch, `predictions.jsonl` a line per validation image, `suspects.jsonl` a line per image
 * whose label is doubted.
 */
import type { Collapsed } from '@sightline/metrics';
import { z } from 'zod';
import { headSchema } from './head-schema.ts';
import { splitMetricsSchema } from './metrics-schema.ts';

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);
const seconds = z.number().nonnegative();
const isoTime = z.iso.datetime({ offset: true });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits of SHA-256');

/** `running` stands on disk only while the process that `pid` names is alive; readers turn it into `interrupted`. */
export const statusSchema = z.enum(['running', 'complete', 'interrupted', 'failed']);

export const engineSchema = z.object({
  /** As `--engine` names it. */
  name: z.string(),
  /** The execution provider that really ran: `cpu`, `cuda`, `webgpu`, ... */
  provider: z.string(),
  /** The device in words: a processor's or a graphics card's name. */
  device: z.string(),
  note: z.string().optional(),
});

/** What is wrong with a data set. */
export const findingSchema = z.object({
  kind: z.string(),
  severity: z.enum(['error', 'warning']),
  /** What the kind is called. */
  title: z.string(),
  message: z.string(),
  /** The images that it is about. */
  paths: z.array(z.string()),
});

export const dataSchema = z.object({
  /** Relative to the working folder when inside it. */
  root: z.string(),
  /** What the report calls the data set. Default: the name of its folder. */
  title: z.string().optional(),
  hash: sha256,
  classes: z.array(z.string()).min(1),
  /** Images of each class, in the order of `classes`. */
  counts: z.object({
    train: z.array(count),
    validation: z.array(count),
    /** Present if there are images for testing, which were measured once, at the end. */
    test: z.array(count).optional(),
  }),
  /**
   * What the images' names and contents showed before the training: the same image in two splits, twice, or under two
   * labels. Of runs that looked; those of many groups are the first.
   */
  findings: z.array(findingSchema).optional(),
  /** How the images were opened, as the experiment's `data` has it: with it the same images are found again. */
  options: z.looseObject({}).optional(),
});

export const augmentationSchema = z.looseObject({
  horizontalFlip: z.boolean().optional(),
  /** Degrees: angles are sampled from -rotation to +rotation. */
  rotation: z.number().nonnegative().optional(),
  fill: z.string().optional(),
});

/** What was trained and how. Open: an experiment records all of its settings. */
export const configSchema = z.looseObject({
  network: z.string(),
  /** The pretrained network whose features went into it; null for pixels. */
  backbone: z.string().nullable(),
  /** Height and width in pixels. */
  imageSize: z.tuple([count, count]),
  /** Which epoch's weights the run has. Absent, as the next three, where the network was solved for without epochs. */
  keep: z.enum(['best', 'last']).optional(),
  epochs: count.optional(),
  batchSize: count.optional(),
  optimizer: z.looseObject({ name: z.string(), learningRate: z.number() }).optional(),
  augmentation: augmentationSchema.nullable(),
});

const lossAndAccuracy = z.object({ loss: z.number().nullable(), accuracy: z.number() });

/** A network that predicts one class for nearly all images: which class, and the share of the predictions that it is. */
export const collapsedSchema = z.object({
  class: z.string(),
  share: z.number(),
  advice: z.string(),
}) satisfies z.ZodType<Collapsed>;

export const metricsSchema = z.object({
  /** Where there are epochs, as the kept one's history has it; else of the splits below. */
  train: lossAndAccuracy,
  /** Measured with the network as it was saved. */
  validation: lossAndAccuracy,
  /** The epoch (from 1) of the best validation, the first of equals; null without epochs. */
  best: lossAndAccuracy.extend({ epoch: count }).nullable(),
  /** The epoch (from 1) whose weights the run has; null without epochs. */
  kept: z.object({ epoch: count }).nullable(),
  collapsed: collapsedSchema.nullable(),
  /**
   * All metrics of the network as it was saved, without augmentation or dropout. Absent where a run failed before they
   * were measured; `train` is null where it was stopped before them.
   */
  splits: z
    .object({
      train: splitMetricsSchema.nullable(),
      validation: splitMetricsSchema,
      /** Measured once, at the end. */
      test: splitMetricsSchema.optional(),
    })
    .optional(),
});

/** What fine-tuning the backbone brought: the accuracies on validation before and after, and whether it was kept. */
export const fineTuneSchema = z.object({ before: share, after: share, isKept: z.boolean() });

export const runSchema = z.object({
  schema: z.literal(2),
  experiment: z.string().min(1),
  status: statusSchema,
  startedAt: isoTime,
  finishedAt: isoTime.nullable(),
  seed: z.number().int(),
  /** A command line that reproduces the run. */
  command: z.string(),
  engine: engineSchema,
  data: dataSchema,
  config: configSchema,
  /** Null until training has ended. */
  metrics: metricsSchema.nullable(),
  /** Present if the network is a logistic head that was solved for. */
  head: headSchema.optional(),
  fineTune: fineTuneSchema.optional(),
  /** Seconds that each part took. */
  timings: z.record(z.string(), seconds),
  software: z.object({
    sightline: z.string(),
    node: z.string(),
    onnxruntime: z.string().optional(),
    tfjs: z.string().optional(),
  }),
  git: z.object({ commit: z.string(), dirty: z.boolean() }).nullable(),
  /** The process that trains, while `status` is `running`. */
  pid: z.number().int().positive().optional(),
  /** One sentence, when `status` is `failed`. */
  error: z.string().optional(),
});

/** A loss that has become infinite or not a number is null: JSON has no word for it. */
export const epochSchema = z.object({
  /** From 1. */
  epoch: z.number().int().positive(),
  loss: z.number().nullable(),
  accuracy: z.number(),
  valLoss: z.number().nullable(),
  valAccuracy: z.number(),
  learningRate: z.number(),
  seconds,
});

export const predictionSchema = z.object({
  /** Relative to the data's root, with `/`. */
  path: z.string(),
  /** The true class. */
  label: z.string(),
  /** The probability of the last class where there are two; else that of the predicted class. */
  score: z.number(),
  predicted: z.string(),
  probabilities: z.array(z.number()).optional(),
});

export type RunStatus = z.infer<typeof statusSchema>;
export type RunEngine = z.infer<typeof engineSchema>;
export type RunData = z.infer<typeof dataSchema>;
export type RunConfig = z.infer<typeof configSchema>;
export type RunMetrics = z.infer<typeof metricsSchema>;
export type Run = z.infer<typeof runSchema>;
export type EpochRecord = z.infer<typeof epochSchema>;
export type Prediction = z.infer<typeof predictionSchema>;

/** The probability of the predicted class. */
export const confidenceOf = ({ predicted, score }: Prediction, classes: readonly string[]): number =>
  classes.length === 2 && predicted === classes[0] ? 1 - score : score;

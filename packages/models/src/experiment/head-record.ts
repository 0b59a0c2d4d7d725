/** What the record of a run with a head holds: the metrics of its images, how the head was chosen, labels in doubt. */

import { classificationMetrics, collapsed, compactMetrics, MORE_OF_RARE, perClass } from '@sightline/metrics';
import type { Run, SuspectRecord } from '@sightline/runs';
import { type Evaluation, evaluationOf } from '../evaluate/evaluate.ts';
import type { FineTuned } from '../fine-tune/fine-tune.ts';
import type { Head } from '../head/fit-head.ts';
import { predictHead } from '../head/predict-head.ts';
import { classThresholds, type Suspect, suspects } from '../head/suspects.ts';

/** Features of the images of a split, with what is known about them. */
export interface FeatureRows {
  /** (images, …featureShape) */
  readonly features: Float32Array;
  /** The class index of each image. */
  readonly labels: Int32Array;
  /** Relative to the data's root. */
  readonly paths: readonly string[];
  /** Images of one group are held out together. Default: none. */
  readonly groups?: ArrayLike<number>;
}

/** All metrics on the validation images; of the training images, which the head knows by heart, only how well. */
export function measure(head: Head, train: FeatureRows, validation: FeatureRows, classes: readonly string[]) {
  const own = evaluationOn(head, train, classes);
  const probabilities = predictHead(head, validation.features);
  const evaluation = evaluationOf(probabilities, validation.labels, classes.length);
  const { loss, accuracy, units, labels } = evaluation;
  const report = classificationMetrics(labels, evaluation.probabilities, units, classes);
  const metrics: NonNullable<Run['metrics']> = {
    train: { loss: own.loss, accuracy: own.accuracy },
    validation: { loss, accuracy },
    best: null,
    kept: null,
    collapsed: collapsed(evaluation.probabilities, units, labels, classes, MORE_OF_RARE),
    splits: { train: null, validation: compactMetrics(report, loss) },
  };
  return { metrics, evaluation, report, probabilities };
}

export const evaluationOn = (
  head: Head,
  { features, labels }: FeatureRows,
  classes: readonly string[],
): Evaluation => evaluationOf(predictHead(head, features), labels, classes.length);

/** With the metrics on images that nothing was chosen by. */
export function withTest(
  metrics: NonNullable<Run['metrics']>,
  evaluation: Evaluation | undefined,
  classes: readonly string[],
): NonNullable<Run['metrics']> {
  if (!evaluation) return metrics;
  const { labels, probabilities, units, loss } = evaluation;
  const test = compactMetrics(classificationMetrics(labels, probabilities, units, classes), loss);
  return { ...metrics, splits: { ...metrics.splits!, test } };
}

/** As `measure`, of a fine-tuned network; of the training images what the last epoch gave, on augmented ones. */
export function measureTuned({ after, training }: FineTuned, classes: readonly string[]) {
  const { loss, accuracy, labels, units } = after;
  const report = classificationMetrics(labels, after.probabilities, units, classes);
  const [best, last] = [training.best!, training.history.at(-1)!];
  const metrics: NonNullable<Run['metrics']> = {
    train: { loss: last.loss, accuracy: last.accuracy },
    validation: { loss, accuracy },
    best: { epoch: best.epoch, loss: best.valLoss, accuracy: best.valAccuracy },
    kept: { epoch: last.epoch },
    collapsed: collapsed(after.probabilities, units, labels, classes),
    splits: { train: null, validation: compactMetrics(report, loss) },
  };
  return { metrics, evaluation: after, report, probabilities: perClass(after.probabilities, units) };
}

export function headRecord(
  { c, scale, path, curve, heldOut }: Head,
  labels: Int32Array,
): NonNullable<Run['head']> {
  const classes = heldOut.length / labels.length;
  const images = labels.filter((_, row) => !Number.isNaN(heldOut[row * classes]!)).length;
  const { heldOutLoss: loss, heldOutAccuracy: accuracy } = path.find((step) => step.c === c)!;
  return {
    c,
    scale,
    heldOut: { images, loss, accuracy },
    path: path.map((step) => ({ ...step })),
    curve: { ...curve, points: curve.points.map((point) => ({ ...point })) },
  };
}

/**
 * Training images, by the heads that held them out; then validation images, by the final head. They are not ranked as
 * one: where validation images are harder, mistakes on them would come before wrong labels.
 */
export function suspectRecords(
  { heldOut }: Head,
  predicted: Float32Array,
  train: FeatureRows,
  validation: FeatureRows,
  classes: readonly string[],
): SuspectRecord[] {
  const thresholds = classThresholds(heldOut, train.labels, classes.length);
  const recordOf =
    (split: SuspectRecord['split'], { paths, labels }: FeatureRows) =>
    (suspect: Suspect) => ({
      path: paths[suspect.row]!,
      split,
      label: classes[labels[suspect.row]!]!,
      suggested: classes[suspect.suggested]!,
      probability: Math.min(1, suspect.probability),
      labelProbability: Math.min(1, suspect.labelProbability),
      // Confident learning alone doubts most labels of a classifier that is hardly better than chance.
      confident: suspect.isConfident && suspect.probability > 0.5,
    });
  return [
    ...suspects(heldOut, train.labels, classes.length, thresholds).map(recordOf('train', train)),
    ...suspects(predicted, validation.labels, classes.length, thresholds).map(
      recordOf('validation', validation),
    ),
  ];
}

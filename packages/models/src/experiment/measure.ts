// The metrics of a trained network on both splits, as run.json has them.

import type { BatchSource } from '@sightline/data';
import {
  type ClassificationMetrics,
  classificationMetrics,
  collapsed,
  compactMetrics,
  lowerRate,
  type SplitMetrics,
} from '@sightline/metrics';
import type { Run } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { type Evaluation, openEvaluator } from '../evaluate/evaluate.ts';
import type { FitResult } from '../train/fit-options.ts';
import type { Experiment } from './experiment.ts';

export interface RunData {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  /** The training rows without augmentation, for the metrics on them. Default: `train`. */
  readonly trainEval?: BatchSource;
  /** Held out until the end: measured once, by the network that is saved. */
  readonly test?: BatchSource | undefined;
}

export interface Measured {
  /** On the validation images. */
  readonly evaluation: Evaluation;
  /** The same by one view of each image. */
  readonly single: Evaluation;
  readonly metrics: ClassificationMetrics;
  readonly splits: {
    readonly train: SplitMetrics | null;
    readonly validation: SplitMetrics;
    readonly test?: SplitMetrics;
  };
}

/** Measures the network as it is now. A run that was stopped leaves at once, without the metrics of its training rows. */
export async function measure(
  model: tfl.LayersModel,
  { labelSmoothing, views }: Experiment,
  { train, validation, trainEval = train, test }: RunData,
  { engine, signal }: { engine: Engine; signal?: AbortSignal | undefined },
): Promise<Measured> {
  const single = openEvaluator(model, { engine, labelSmoothing });
  const several = views === 1 ? single : openEvaluator(model, { engine, labelSmoothing, views });
  const on = async (source: BatchSource, evaluator = several) => {
    const evaluation = await evaluator.evaluate(source);
    const { labels, probabilities, units, loss } = evaluation;
    const metrics = classificationMetrics(labels, probabilities, units, source.classes);
    return { evaluation, metrics, split: compactMetrics(metrics, loss) };
  };
  try {
    const { evaluation, metrics, split } = await on(validation);
    const train = signal?.aborted ? null : (await on(trainEval, single)).split;
    const splits = { train, validation: split };
    const measured = {
      evaluation,
      single: views === 1 ? evaluation : await single.evaluate(validation),
      metrics,
    };
    if (!test || signal?.aborted) return { ...measured, splits };
    return { ...measured, splits: { ...splits, test: (await on(test)).split } };
  } finally {
    for (const evaluator of new Set([single, several])) evaluator.release();
  }
}

/** The metrics of run.json; without what was measured, those of the history. */
export function metricsOf(
  { history, best, status }: FitResult,
  { keep, optimizer }: Experiment,
  measured?: Measured,
  classes: readonly string[] = [],
): NonNullable<Run['metrics']> {
  // A run that was stopped ends with the weights of its last whole epoch.
  const kept = keep === 'best' && status === 'complete' ? best! : history.at(-1)!;
  const { loss, accuracy, probabilities, units, labels } = measured?.evaluation ?? {};
  return {
    train: { loss: kept.loss, accuracy: kept.accuracy },
    validation: { loss: loss ?? kept.valLoss, accuracy: accuracy ?? kept.valAccuracy },
    best: { epoch: best!.epoch, loss: best!.valLoss, accuracy: best!.valAccuracy },
    collapsed: probabilities
      ? collapsed(probabilities, units!, labels!, classes, lowerRate(optimizer.learningRate))
      : null,
    kept: { epoch: kept.epoch },
    ...(measured ? { splits: measured.splits } : {}),
  };
}

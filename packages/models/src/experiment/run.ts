// One run of an experiment: trained, evaluated, saved and exported into a run folder.

import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import {
  type ClassificationMetrics,
  classificationMetrics,
  collapsed,
  compactMetrics,
} from '@sightline/metrics';
import { type EpochRecord, openRun, type Run, type RunWriter } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { type Evaluation, openEvaluator } from '../evaluate/evaluate.ts';
import { type Callback, earlyStopping, reduceOnPlateau, type StepProgress } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { FitOptions, FitResult } from '../train/fit-options.ts';
import { buildNetwork } from './build-network.ts';
import { loadStates, openCheckpoints } from './checkpoints.ts';
import { checkExperiment, type Experiment } from './experiment.ts';
import { given } from './given.ts';
import { writeCard, writeResults } from './results.ts';

export interface RunData {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  /** The training rows as they are, for the figures on them; `train` itself, augmented or not, unless given. */
  readonly trainAsIs?: BatchSource;
}

export interface RunOptions {
  readonly name: string;
  readonly seed: number;
  readonly engine: Engine;
  /** The run's folder. */
  readonly dir: string;
  /** What the run's header says of where it comes from. */
  readonly header: Pick<Run, 'command' | 'data' | 'software' | 'git'>;
  /** The path of each validation row, for predictions.jsonl. */
  readonly paths: readonly string[];
  /** Goes on from the folder's checkpoint, if there is one. */
  readonly resume?: boolean;
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Seconds of what was done before training, by part. */
  readonly timings?: Readonly<Record<string, number>>;
  /** Called with the trained run before it is finished, to add artifacts of one's own. */
  readonly artifacts?: (run: {
    writer: RunWriter;
    model: tfl.LayersModel;
    evaluation: Evaluation;
  }) => void | Promise<void>;
}

export interface RunResult {
  readonly status: 'complete' | 'interrupted';
  readonly history: readonly EpochRecord[];
  /** Null when no epoch was finished. */
  readonly metrics: Run['metrics'];
  readonly timings: Readonly<Record<string, number>>;
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
  /** Of the epoch in which training was interrupted: the rows that are done, all of them, and that they are saved. */
  readonly midway?: { readonly rows: number; readonly size: number };
  /** What could not be written, and why: an ONNX model of a layer of one's own. */
  readonly notes: readonly string[];
}

/**
 * Runs an experiment into `options.dir`. An interrupted run keeps all that it has done for when it is resumed; its
 * model and figures are those of its last whole epoch. In its first epoch it has none, and leaves an older run in the
 * folder as it was. Throws what training throws; a run that has epochs is then marked failed, with the error's sentence.
 */
export async function runExperiment(
  experiment: Experiment,
  data: RunData,
  options: RunOptions,
): Promise<RunResult> {
  const { dir } = options;
  checkExperiment(experiment, `The experiment ${options.name}`);
  const timings: Record<string, number> = { ...options.timings };
  const timed = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    timings[part] = (performance.now() - start) / 1000;
    return result;
  };
  const model = await buildNetwork(experiment, data.train, options.seed);
  const resume = options.resume ? loadStates(dir) : undefined;
  const writer = openRun(dir, headerOf(experiment, options), { resumed: resume?.last?.history });
  let result: FitResult | undefined;
  try {
    result = await timed('training', () => train(model, experiment, data, options, writer, resume));
    if (result.history.length === 0) return { ...outcome(result, data), metrics: null, timings, notes: [] };
    const measured = await timed('evaluation', () => measure(model, experiment, data, options));
    const { evaluation, figures } = measured;
    const metrics = { ...metricsOf(result, experiment, evaluation, data.validation.classes), figures };
    const notes = await timed('saving', () =>
      writeResults(model, experiment, data.validation, evaluation, writer, options.paths),
    );
    await options.artifacts?.({ writer, model, evaluation });
    if (result.status === 'diverged') throw new SightlineError('diverged', result.stopped!);
    writer.finish({ status: result.status, metrics, timings });
    writeCard(dir, measured.report);
    return { ...outcome(result, data), metrics, timings, notes };
  } catch (error) {
    const metrics = result?.history.length ? metricsOf(result, experiment, undefined, []) : null;
    writer.finish({ status: 'failed', metrics, timings, error: (error as Error).message });
    throw error;
  } finally {
    model.dispose();
  }
}

const outcome = ({ status, history, stopped, part }: FitResult, { train }: RunData) => ({
  status: status as RunResult['status'],
  history,
  ...(stopped ? { stopped } : {}),
  ...(part ? { midway: { rows: part.rows, size: train.size } } : {}),
});

function headerOf(experiment: Experiment, { name, seed, engine, header }: RunOptions) {
  return {
    ...header,
    experiment: name,
    startedAt: new Date().toISOString(),
    seed,
    engine: { name: engine.name, provider: engine.provider, device: engine.device, note: engine.note },
    config: configOf(experiment),
  };
}

/** An experiment as its run.json has it. */
export function configOf({
  network,
  imageSize = [64, 64],
  augmentation = null,
  ...config
}: Experiment): Run['config'] {
  return {
    ...config,
    network: typeof network === 'function' ? network.name || 'custom' : network,
    imageSize: [...imageSize] as [number, number],
    augmentation: augmentation as Run['config']['augmentation'],
  };
}

async function train(
  model: tfl.LayersModel,
  experiment: Experiment,
  data: RunData,
  options: RunOptions,
  writer: RunWriter,
  resume: FitOptions['resume'],
): Promise<FitResult> {
  const { optimizer, epochs, schedule, classWeights, labelSmoothing, monitor, restoreBest } = experiment;
  const callbacks = [...(options.callbacks ?? [])];
  if (experiment.reduceOnPlateau) callbacks.push(reduceOnPlateau(experiment.reduceOnPlateau));
  if (experiment.earlyStopping) callbacks.push(earlyStopping(experiment.earlyStopping));
  const checkpoints = openCheckpoints(options.dir, headerOf(experiment, options));
  const training = fit(model, data, {
    epochs,
    optimizer,
    ...given({ schedule, classWeights, labelSmoothing, monitor, restoreBest, resume }),
    ...given({ signal: options.signal, onStep: options.onStep }),
    engine: options.engine,
    callbacks,
    onEpoch(record) {
      writer.epoch(record);
      options.onEpoch?.(record);
    },
    checkpoint: checkpoints.write,
  });
  try {
    const result = await training;
    await checkpoints.end();
    return result;
  } catch (error) {
    await checkpoints.end().catch(() => {});
    throw error;
  }
}

/** All figures of the network as it now is. A run that was stopped leaves at once, without those of its training rows. */
async function measure(
  model: tfl.LayersModel,
  { labelSmoothing = 0 }: Experiment,
  { train, validation, trainAsIs = train }: RunData,
  { engine, signal }: RunOptions,
): Promise<{
  evaluation: Evaluation;
  report: ClassificationMetrics;
  figures: NonNullable<NonNullable<Run['metrics']>['figures']>;
}> {
  const { evaluate, release } = openEvaluator(model, { engine, labelSmoothing });
  const on = async (source: BatchSource) => {
    const evaluation = await evaluate(source);
    const { labels, probabilities, units, loss } = evaluation;
    const all = classificationMetrics(labels, probabilities, units, source.classes);
    return { evaluation, report: all, figures: compactMetrics(all, loss) };
  };
  try {
    const own = await on(validation);
    const train = signal?.aborted ? null : (await on(trainAsIs)).figures;
    return { ...own, figures: { train, validation: own.figures } };
  } finally {
    release();
  }
}

function metricsOf(
  { history, best, status }: FitResult,
  { restoreBest, optimizer }: Experiment,
  evaluation: Evaluation | undefined,
  classes: readonly string[],
): NonNullable<Run['metrics']> {
  // Only a complete run ends with the best epoch's weights.
  const kept = restoreBest && status === 'complete' ? best! : history.at(-1)!;
  const { probabilities, units, labels } = evaluation ?? {};
  return {
    train: { loss: kept.loss, accuracy: kept.accuracy },
    validation: {
      loss: evaluation?.loss ?? kept.valLoss,
      accuracy: evaluation?.accuracy ?? kept.valAccuracy,
    },
    best: { epoch: best!.epoch, loss: best!.valLoss, accuracy: best!.valAccuracy },
    collapsed: probabilities
      ? collapsed(probabilities, units!, labels!, classes, optimizer.learningRate)
      : null,
  };
}

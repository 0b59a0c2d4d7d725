/** One run of an experiment: train, measure and write into a run folder. */

import { SightlineError } from '@sightline/core';
import { type EpochRecord, openRun, type Run, type RunWriter } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { type Callback, earlyStopping, reduceOnPlateau, type StepProgress } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { FitOptions, FitResult } from '../train/fit-options.ts';
import { trainingFields } from '../train/settings.ts';
import { whiten } from '../train/whitening.ts';
import { loadStates, openCheckpoints } from './checkpoints.ts';
import { type Experiment, type ExperimentInput, LOGISTIC, parseExperiment } from './experiment.ts';
import { isInterrupt } from './interrupt.ts';
import { type Measured, measure, metricsOf, type RunData } from './measure.ts';
import { type RunBackbone, writeCard, writeResults } from './results.ts';
import { stopwatch } from './stopwatch.ts';

export interface RunOptions {
  readonly name: string;
  readonly seed: number;
  readonly engine: Engine;
  /** The run's folder. */
  readonly dir: string;
  /** Where the run comes from, for its run.json. */
  readonly header: Pick<Run, 'command' | 'data' | 'software' | 'git'>;
  /** The path of each validation row, for predictions.jsonl. */
  readonly paths: readonly string[];
  /** For a run on features: without it no model.onnx is written. */
  readonly backbone?: RunBackbone;
  /** Continue from the folder's checkpoint, if there is one. */
  readonly resume?: boolean;
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Called with the name of each part that begins: `training`, `evaluation`, `saving`. */
  readonly onPart?: (part: string) => void;
  /** Seconds that the parts before training took. */
  readonly timings?: Readonly<Record<string, number>>;
  /** Called with the trained run before it is finished, to add artifacts. */
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
  /** Where training was interrupted inside an epoch and its state is saved: the rows that are done, of all `size`. */
  readonly midway?: { readonly rows: number; readonly size: number };
  /** What could not be written, and why: an ONNX model of a custom layer. */
  readonly notes: readonly string[];
}

/**
 * Runs an experiment into `options.dir`. An interrupted run keeps all that it has done for when it is resumed; its model
 * and metrics are those of its last whole epoch. In its first epoch it has none, and leaves an older run in the folder as
 * it was. One that is interrupted after its last epoch lacks what was to follow, which resuming it adds. Throws what training throws; a run that has epochs is then marked failed, with the error's sentence.
 */
export async function runExperiment(
  input: ExperimentInput,
  data: RunData,
  options: RunOptions,
): Promise<RunResult> {
  const experiment = parseExperiment(input, `The experiment ${options.name}`);
  const { network } = experiment;
  if (network === LOGISTIC) {
    throw new SightlineError(
      'config',
      `The experiment ${options.name} is solved, not trained by steps: name a network.`,
    );
  }
  const { train, validation } = data;
  const { timings, timed } = stopwatch(options.timings, options.onPart);
  const model = await buildNetwork(network, train.rowShape, train.classes.length, options.seed);
  const unfreeze = experiment.whitening
    ? await whiten(model, data.trainEval ?? train, experiment.whitening)
    : undefined;
  const resume = options.resume ? loadStates(options.dir) : undefined;
  const writer = openRun(options.dir, headerOf(experiment, options), { resumed: resume?.last?.history });
  let result: FitResult | undefined;
  let measured: Measured | undefined;
  let notes: readonly string[] = [];
  const endOf = (status: RunResult['status']): RunResult => {
    const metrics = metricsOf(result!, experiment, measured, validation.classes);
    writer.finish({ status, metrics, timings });
    return { ...outcome(result!, data), status, metrics, timings, notes };
  };
  try {
    result = await timed('training', () => trainRun(model, experiment, data, options, writer, resume));
    // Frozen weights stand behind the others of their layer, where nothing that reads a saved model expects them.
    unfreeze?.();
    const { status, history } = result;
    if (history.length === 0) return { ...outcome(result, data), metrics: null, timings, notes };
    const found = await timed('evaluation', () => measure(model, experiment, data, options));
    measured = found;
    notes = await timed('saving', () =>
      writeResults(model, experiment, validation, found, writer, options.paths, options.backbone),
    );
    await options.artifacts?.({ writer, model, evaluation: found.evaluation });
    if (status === 'diverged') throw new SightlineError('diverged', result.stopped!);
    const end = endOf(options.signal?.aborted ? 'interrupted' : status);
    writeCard(options.dir, found.metrics);
    return end;
  } catch (error) {
    if (result?.history.length && isInterrupt(error, options.signal)) return endOf('interrupted');
    const metrics = result?.history.length ? metricsOf(result, experiment) : null;
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

/** The settings that mean nothing for a network that is solved for. */
const OF_EPOCHS = [
  ...Object.keys(trainingFields),
  'batchSize',
  'augmentation',
  'earlyStopping',
  'reduceOnPlateau',
];

/**
 * An experiment as its run.json has it: without what is switched off, and a network function by its name. The options
 * of the data stand with the data.
 */
export function configOf({ network, backbone, imageSize, data: _, ...settings }: Experiment): Run['config'] {
  const recorded = Object.entries(settings).filter(
    ([name, value]) => value !== null && !(network === LOGISTIC && OF_EPOCHS.includes(name)),
  );
  return {
    network: typeof network === 'function' ? network.name || 'custom' : network,
    backbone,
    imageSize: [...imageSize],
    augmentation: null,
    ...Object.fromEntries(recorded),
  };
}

async function trainRun(
  model: tfl.LayersModel,
  experiment: Experiment,
  { train, validation }: RunData,
  options: RunOptions,
  writer: RunWriter,
  resume: FitOptions['resume'],
): Promise<FitResult> {
  const { engine, signal, onStep } = options;
  const callbacks = [...(options.callbacks ?? [])];
  if (experiment.reduceOnPlateau) callbacks.push(reduceOnPlateau(experiment.reduceOnPlateau));
  if (experiment.earlyStopping) callbacks.push(earlyStopping(experiment.earlyStopping));
  const checkpoints = openCheckpoints(options.dir, headerOf(experiment, options));
  const training = fit(
    model,
    { train, validation },
    {
      ...experiment,
      engine,
      callbacks,
      signal,
      onStep,
      resume,
      onEpoch(record) {
        writer.epoch(record);
        options.onEpoch?.(record);
      },
      checkpoint: checkpoints.write,
    },
  );
  try {
    const result = await training;
    await checkpoints.end();
    return result;
  } catch (error) {
    await checkpoints.end().catch(() => {});
    throw error;
  }
}

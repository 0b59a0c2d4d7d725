// One run of an experiment: trained, evaluated, saved and exported into a run folder.

import { join } from 'node:path';
import type { BatchSource } from '@sightline/data';
import {
  type EpochRecord,
  encodeNpy,
  openRun,
  type Run,
  type RunWriter,
  readRun,
  writeFileAtomic,
} from '@sightline/runs';
import type { Engine } from '@sightline/tfjs-onnxruntime';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ModelError } from '../error.ts';
import { collapsed } from '../evaluate/collapse.ts';
import { type Evaluation, evaluate } from '../evaluate/evaluate.ts';
import { perClass, predictionRows } from '../evaluate/predictions.ts';
import { firstKernels } from '../inspect/first-kernels.ts';
import { layerTable } from '../inspect/layer-table.ts';
import { report } from '../metrics/report.ts';
import { networks } from '../networks/index.ts';
import { seedNetwork } from '../networks/seed.ts';
import { checkOnnx } from '../onnx/check.ts';
import { exportOnnx } from '../onnx/export.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { saveModel } from '../save/tfjs.ts';
import { type Callback, earlyStopping, reduceOnPlateau, type StepProgress } from '../train/callback.ts';
import { type FitResult, fit } from '../train/fit.ts';
import type { TrainingState } from '../train/state.ts';
import { loadStates, saveState } from './checkpoints.ts';
import type { Experiment } from './experiment.ts';
import { modelCard } from './model-card.ts';

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
  /** What could not be written, and why: an ONNX model of a layer of one's own. */
  readonly notes: readonly string[];
}

/**
 * Runs an experiment into `options.dir`. An interrupted run keeps its whole epochs, and a model that stands at the
 * last of them. Throws what training throws; a run that has epochs is then marked failed, with the error's sentence.
 */
export async function runExperiment(
  experiment: Experiment,
  data: { train: BatchSource; validation: BatchSource },
  options: RunOptions,
): Promise<RunResult> {
  const { engine, dir } = options;
  const timings: Record<string, number> = { ...options.timings };
  const timed = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    timings[part] = (performance.now() - start) / 1000;
    return result;
  };
  const build = typeof experiment.network === 'function' ? experiment.network : networks[experiment.network];
  const model = await seedNetwork(build(data.train.rowShape, data.train.classes.length), options.seed);
  const resume = options.resume ? loadStates(dir) : undefined;
  const writer = openRun(dir, headerOf(experiment, options), { resumed: resume?.last.history });
  let result: FitResult | undefined;
  try {
    result = await timed('training', () => train(model, experiment, data, options, writer, resume));
    if (result.history.length === 0) return { ...outcome(result), metrics: null, timings, notes: [] };
    const evaluation = await timed('evaluation', () =>
      evaluateRun(model, experiment, data.validation, engine),
    );
    const metrics = metricsOf(result, experiment, evaluation, data.validation.classes);
    const notes = await timed('saving', () =>
      writeResults(model, experiment, data.validation, evaluation, writer, options),
    );
    if (result.status === 'diverged') throw new ModelError('diverged', result.stopped!);
    writer.finish({ status: result.status, metrics, timings });
    writeCard(dir, evaluation, data.validation.classes);
    return { ...outcome(result), metrics, timings, notes };
  } catch (error) {
    const metrics = result?.history.length ? metricsOf(result, experiment, undefined, []) : null;
    writer.finish({ status: 'failed', metrics, timings, error: (error as Error).message });
    throw error;
  } finally {
    model.dispose();
  }
}

const outcome = ({ status, history, stopped }: FitResult) => ({
  status: status as RunResult['status'],
  history,
  ...(stopped ? { stopped } : {}),
});

function headerOf(experiment: Experiment, { name, seed, engine, header }: RunOptions) {
  const { network, imageSize = [64, 64], augmentation = null, ...config } = experiment;
  return {
    ...header,
    experiment: name,
    startedAt: new Date().toISOString(),
    seed,
    engine: { name: engine.name, provider: engine.provider, device: engine.device, note: engine.note },
    config: {
      ...config,
      network: typeof network === 'function' ? network.name || 'custom' : network,
      imageSize: [...imageSize] as [number, number],
      augmentation: augmentation as Run['config']['augmentation'],
    },
  };
}

function train(
  model: tfl.LayersModel,
  experiment: Experiment,
  data: { train: BatchSource; validation: BatchSource },
  options: RunOptions,
  writer: RunWriter,
  resume: { last: TrainingState; best?: TrainingState } | undefined,
): Promise<FitResult> {
  const { optimizer, epochs, schedule, classWeights, labelSmoothing, monitor, restoreBest } = experiment;
  const callbacks = [...(options.callbacks ?? [])];
  if (experiment.reduceOnPlateau) callbacks.push(reduceOnPlateau(experiment.reduceOnPlateau));
  if (experiment.earlyStopping) callbacks.push(earlyStopping(experiment.earlyStopping));
  return fit(model, data, {
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
    checkpoint: (name, state) => saveState(options.dir, name, state),
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

const evaluateRun = (
  model: tfl.LayersModel,
  { labelSmoothing = 0 }: Experiment,
  source: BatchSource,
  engine: Engine,
) => evaluate(model, source, { engine, labelSmoothing });

function metricsOf(
  { history, best }: FitResult,
  { restoreBest, optimizer }: Experiment,
  evaluation: Evaluation | undefined,
  classes: readonly string[],
): NonNullable<Run['metrics']> {
  const kept = restoreBest ? best! : history.at(-1)!;
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

async function writeResults(
  model: tfl.LayersModel,
  { input = 'images', imageSize = [64, 64], interpolation, fit }: Experiment,
  validation: BatchSource,
  evaluation: Evaluation,
  writer: RunWriter,
  options: RunOptions,
): Promise<string[]> {
  const { classes } = validation;
  const { probabilities, units, labels } = evaluation;
  const metadata: ModelMetadata = {
    classes: [...classes],
    input,
    imageSize: [imageSize[0], imageSize[1]],
    ...given({ interpolation, fit }),
  };
  writer.writePredictions(predictionRows(options.paths, labels, probabilities, units, classes));
  await saveModel(model, join(options.dir, 'model'), metadata);
  writer.writeArtifact('layers.json', layerTable(model));
  writer.writeArtifact('report.json', report(labels, probabilities, units, classes));
  const kernels = firstKernels(model);
  if (kernels) writer.writeArtifact('kernels.npy', encodeNpy(kernels));
  const notes: string[] = [];
  try {
    writeFileAtomic(
      join(options.dir, 'model.onnx'),
      await exportChecked(model, metadata, validation, evaluation),
    );
  } catch (error) {
    if (!(error instanceof ModelError && error.code === 'unsupported-layer')) throw error;
    notes.push(`No model.onnx was written: ${error.message}`);
  }
  await options.artifacts?.({ writer, model, evaluation });
  return notes;
}

/** The model card, which says what run.json says. */
function writeCard(
  dir: string,
  { labels, probabilities, units }: Evaluation,
  classes: readonly string[],
): void {
  const card = modelCard(readRun(dir).run, report(labels, probabilities, units, classes));
  writeFileAtomic(join(dir, 'artifacts', 'model-card.md'), card);
}

/** The exported model, once ONNX Runtime has given the first validation rows the probabilities they have. */
async function exportChecked(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  validation: BatchSource,
  { probabilities, units }: Evaluation,
): Promise<Uint8Array> {
  const bytes = exportOnnx(model, metadata);
  const classes = metadata.classes.length;
  const all = perClass(probabilities, units);
  for await (const { x, shape, size, indices } of validation.batches(0)) {
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    const values = x.subarray(0, size * width);
    const rows =
      metadata.input === 'images' ? Uint8Array.from(values, (v) => Math.round(v * 255)) : values.slice();
    const expected = new Float32Array(size * classes);
    for (let row = 0; row < size; row++) {
      const from = indices[row]! * classes;
      expected.set(all.subarray(from, from + classes), row * classes);
    }
    await checkOnnx(bytes, rows, shape, expected);
    break;
  }
  return bytes;
}

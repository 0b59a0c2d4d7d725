/**
 * One run from start to end: data in, a network trained, a run folder out.
 *
 * Nothing is written before the first epoch has ended, so bad data or a bad configuration leave no half-written run.
 */
import { join, relative } from 'node:path';
import { countByClass, type Dataset } from '@sightline/data';
import {
  checkOnnx,
  collapsed,
  type Evaluation,
  evaluate,
  exportOnnx,
  type FitResult,
  firstKernels,
  fit,
  layerTable,
  networks,
  perClass,
  predictionRows,
  saveModel,
  seedNetwork,
} from '@sightline/models';
import {
  type EpochRecord,
  encodeNpy,
  openRun,
  type Run,
  type RunHeader,
  type RunWriter,
  writeFileAtomic,
} from '@sightline/runs';
import { type Engine, selectEngine } from '@sightline/tfjs-onnxruntime';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { CliError } from '../error.ts';
import type { Settings } from '../experiment/settings.ts';
import type { Output } from '../terminal/output.ts';
import { counted } from '../terminal/words.ts';
import { loadStates, saveState } from './checkpoints.ts';
import { type Inputs, loadInputs } from './inputs.ts';
import { metricsOf } from './metrics.ts';
import { openInOrder } from './open-in-order.ts';
import { checkResumable } from './resume.ts';
import { writeSheets } from './sheets.ts';
import { gitState, softwareVersions } from './software.ts';
import { writeVgg16Artifacts } from './vgg16-artifacts.ts';

export interface TrainContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly resume?: boolean;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface TrainedRun {
  readonly name: string;
  readonly dir: string;
  readonly status: 'complete' | 'interrupted' | 'failed';
  readonly metrics: Run['metrics'];
  readonly timings: Run['timings'];
  readonly epochs: number;
  readonly engine: Run['engine'];
  readonly error?: string;
}

/**
 * Trains an experiment and writes its run folder.
 *
 * @throws the errors of the packages below, where training could not start or its results not be written
 */
export async function trainRun(settings: Settings, context: TrainContext): Promise<TrainedRun> {
  const clock = startClock();
  const startedAt = new Date().toISOString();
  const { signal, output } = context;
  const [engine, dataset, git] = await Promise.all([
    selectEngine(settings.engine),
    openInOrder(settings.data, settings.classes, signal),
    gitState(process.cwd()),
  ]);
  refuseEmpty(dataset);
  if (context.resume) checkResumable(settings, dataset.hash);
  const states = context.resume ? loadStates(settings.out) : undefined;
  if (settings.input === 'vgg16-features') clock.lap('data');
  const inputs = await loadInputs(dataset, settings, context);
  clock.lap(settings.input === 'vgg16-features' ? 'features' : 'data');

  const model = await buildNetwork(settings, inputs.train.rowShape, dataset.classes);
  const header = headerOf(settings, dataset, engine, model, { startedAt, git });
  const writer = openRun(settings.out, header, { resumed: states?.last.history });
  output.note(`${settings.name}: ${describe(settings, dataset, engine)}`);

  const { train, validation } = inputs;
  const result = await fit(
    model,
    { train, validation },
    {
      epochs: settings.epochs,
      engine,
      optimizer: settings.optimizer,
      ...(settings.schedule ? { schedule: settings.schedule } : {}),
      ...(settings.classWeights ? { classWeights: settings.classWeights } : {}),
      ...(settings.labelSmoothing ? { labelSmoothing: settings.labelSmoothing } : {}),
      ...(states ? { resume: states } : {}),
      signal,
      onEpoch(record) {
        writer.epoch(record);
        context.onEpoch?.(record);
      },
      checkpoint: (name, state) => saveState(settings.out, name, state),
    },
  );
  clock.lap('training');
  return finish(result, { settings, engine, dataset, inputs, model, writer, clock });
}

interface Trained {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly dataset: Dataset;
  readonly inputs: Inputs;
  readonly model: LayersModel;
  readonly writer: RunWriter;
  readonly clock: Clock;
}

/** Evaluates, saves and ends the run. An interrupted one has its history and its checkpoints, and needs no more. */
async function finish(result: FitResult, trained: Trained): Promise<TrainedRun> {
  const { settings, engine, writer, clock } = trained;
  const summary = {
    name: settings.name,
    dir: settings.out,
    epochs: result.history.length,
    engine: named(engine),
  };
  if (result.status !== 'complete') {
    const status = result.status === 'interrupted' ? 'interrupted' : 'failed';
    const metrics = metricsOf(result.history, null);
    const error = status === 'failed' ? { error: result.stopped ?? 'The loss is not finite.' } : {};
    writer.finish({ status, metrics, timings: clock.seconds(), ...error });
    return { ...summary, status, metrics, timings: clock.seconds(), ...error };
  }
  const { labelSmoothing = 0 } = settings;
  const evaluation = await evaluate(trained.model, trained.inputs.validation, { engine, labelSmoothing });
  const classes = trained.dataset.classes;
  const { probabilities, units, labels } = evaluation;
  const { learningRate } = settings.optimizer;
  const metrics = metricsOf(result.history, collapsed(probabilities, units, labels, classes, learningRate));
  clock.lap('evaluation');
  await writeResults(evaluation, trained);
  clock.lap('artifacts');
  writer.finish({ status: 'complete', metrics, timings: clock.seconds() });
  return { ...summary, status: 'complete', metrics, timings: clock.seconds() };
}

async function writeResults({ probabilities, units, labels }: Evaluation, trained: Trained): Promise<void> {
  const { settings, dataset, inputs, model, writer } = trained;
  const classes = [...dataset.classes];
  const predictions = predictionRows(inputs.validationPaths, labels, probabilities, units, classes);
  writer.writePredictions(predictions);

  const input = settings.input ?? 'images';
  const metadata = { classes, input, imageSize: [...settings.resize.size] as [number, number] };
  await saveModel(model, join(settings.out, 'model'), metadata);
  const onnx = exportOnnx(model, metadata);
  const [rows = 0] = inputs.probe.shape;
  const expected = perClass(probabilities.slice(0, rows * units), units);
  await checkOnnx(onnx, inputs.probe.rows, inputs.probe.shape, expected);
  writeFileAtomic(join(settings.out, 'model.onnx'), onnx);

  writer.writeArtifact('layers.json', layerTable(model));
  const kernels = firstKernels(model);
  if (kernels) writer.writeArtifact('kernels.npy', encodeNpy(kernels));
  await writeSheets(writer, dataset, predictions, settings);
  if (input === 'vgg16-features') await writeVgg16Artifacts(writer, dataset);
}

async function buildNetwork(
  { network, seed }: Settings,
  rowShape: readonly number[],
  classes: readonly string[],
): Promise<LayersModel> {
  const build = typeof network === 'function' ? network : networks[network];
  if (!build) {
    const known = Object.keys(networks).join(', ');
    throw new CliError(
      'config',
      `There is no network "${String(network)}". Expected one of ${known}, or a function.`,
    );
  }
  return seedNetwork(build(rowShape, classes.length), seed);
}

function headerOf(
  settings: Settings,
  dataset: Dataset,
  engine: Engine,
  model: LayersModel,
  { startedAt, git }: { startedAt: string; git: Run['git'] },
): RunHeader {
  const { network, input = 'images', resize, epochs, batchSize, optimizer, augmentation = null } = settings;
  const { schedule, classWeights, labelSmoothing } = settings;
  const inside = relative(process.cwd(), settings.data);
  return {
    experiment: settings.name,
    startedAt,
    seed: settings.seed,
    command: settings.command,
    engine: named(engine),
    data: {
      root: inside.startsWith('..') ? settings.data : inside || '.',
      hash: dataset.hash,
      classes: [...dataset.classes],
      counts: {
        train: countByClass(dataset.splits.train, dataset.classes),
        validation: countByClass(dataset.splits.validation, dataset.classes),
      },
    },
    config: {
      network: typeof network === 'string' ? network : model.name,
      input,
      imageSize: [...resize.size],
      interpolation: resize.interpolation,
      fit: resize.fit,
      epochs,
      batchSize,
      optimizer: { ...optimizer },
      augmentation: augmentation && { ...augmentation },
      ...(schedule ? { schedule } : {}),
      ...(classWeights ? { classWeights } : {}),
      ...(labelSmoothing ? { labelSmoothing } : {}),
    },
    software: softwareVersions(),
    git,
  };
}

function named({ name, provider, device, note }: Engine): Run['engine'] {
  return { name, provider, device, note };
}

function describe(settings: Settings, { splits, classes }: Dataset, engine: Engine): string {
  const images = `${counted(splits.train.length, 'image')} of ${classes.join(', ')}`;
  const network = typeof settings.network === 'string' ? settings.network : 'a network of your own';
  return `${network}, ${images}; ${engine.name} on ${engine.provider}, seed ${settings.seed}`;
}

function refuseEmpty({ root, splits }: Dataset): void {
  for (const split of ['train', 'validation'] as const) {
    if (splits[split].length > 0) continue;
    throw new CliError(
      'data',
      `${root} has no images to ${split === 'train' ? 'train on' : 'validate with'}.`,
    );
  }
}

/** Seconds of each part of a run. */
interface Clock {
  lap(part: string): void;
  seconds(): Record<string, number>;
}

function startClock(): Clock {
  const began = performance.now();
  let last = began;
  const parts: Record<string, number> = {};
  const rounded = (ms: number) => Math.round(ms) / 1000;
  return {
    lap(part) {
      const now = performance.now();
      parts[part] = rounded(now - last);
      last = now;
    },
    seconds: () => ({ ...parts, total: rounded(performance.now() - began) }),
  };
}

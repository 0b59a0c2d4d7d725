/**
 * One run from start to end: data in, a network trained, a run folder out.
 *
 * Nothing is written before the first epoch has ended, so bad data or a bad configuration leave no half-written run.
 */
import { counted, SightlineError } from '@sightline/core';
import { countByClass, type Dataset } from '@sightline/data';
import { checkExperiment, type RunResult, runExperiment, type StepProgress } from '@sightline/models';
import type { EpochRecord, Run } from '@sightline/runs';
import { type Engine, selectEngine } from '@sightline/tfjs-onnxruntime';
import type { Settings } from '../experiment/settings.ts';
import type { Output } from '../terminal/output.ts';
import { loadInputs } from './inputs.ts';
import { openInOrder } from './open-in-order.ts';
import { alreadyComplete, checkResumable, replacedRun } from './resume.ts';
import { writeSheets } from './sheets.ts';
import { shownRoot } from './shown-root.ts';
import { gitState, softwareVersions } from './software.ts';
import { writeVgg16Artifacts } from './vgg16-artifacts.ts';

export interface TrainContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly resume?: boolean;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface TrainedRun extends Pick<RunResult, 'status' | 'metrics' | 'timings' | 'notes' | 'midway'> {
  readonly name: string;
  readonly dir: string;
  readonly epochs: number;
  readonly engine: Pick<Engine, 'name' | 'provider' | 'device' | 'note'>;
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
}

/**
 * Trains an experiment and writes its run folder.
 *
 * @throws the errors of the packages below, where training could not start or go on, or its results not be written
 */
export async function trainRun(settings: Settings, context: TrainContext): Promise<TrainedRun> {
  const { name, experiment, seed, out } = settings;
  const { signal, output } = context;
  checkExperiment(experiment, `The experiment ${name}`);
  const began = performance.now();
  const [engine, dataset, git] = await Promise.all([
    selectEngine(settings.engine),
    openInOrder(settings.data, settings.classes, signal, settings.cacheDir),
    gitState(process.cwd()),
  ]);
  refuseEmpty(dataset);
  if (context.resume) checkResumable(settings, dataset.hash);
  const { validationPaths, ...sources } = await loadInputs(dataset, settings, context);
  const part = experiment.input === 'vgg16-features' ? 'features' : 'data';
  output.event('start', {
    run: name,
    epochs: experiment.epochs,
    images: { train: dataset.splits.train.length, validation: dataset.splits.validation.length },
    engine: engine.name,
    provider: engine.provider,
    seed,
  });
  output.note(`${name}: ${describe(settings, dataset, engine)}`);
  const before = context.resume ? alreadyComplete(out, experiment.epochs) : replacedRun(out);
  if (before) output.note(`${name} ${before}.`);

  const { history, ...result } = await runExperiment(experiment, sources, {
    name,
    seed,
    engine,
    dir: out,
    header: {
      command: settings.command,
      data: dataOf(settings, dataset),
      software: softwareVersions(),
      git,
    },
    paths: validationPaths,
    resume: context.resume === true,
    signal,
    timings: { [part]: (performance.now() - began) / 1000 },
    ...(context.onStep ? { onStep: context.onStep } : {}),
    ...(context.onEpoch ? { onEpoch: context.onEpoch } : {}),
    async artifacts({ writer }) {
      // What is left of an interrupted run is wanted at once.
      if (signal.aborted) return;
      await writeSheets(writer, dataset, settings);
      if (experiment.input === 'vgg16-features') await writeVgg16Artifacts(writer, dataset);
    },
  });
  const { provider, device, note } = engine;
  return {
    name,
    dir: out,
    epochs: history.length,
    engine: { name: engine.name, provider, device, note },
    ...result,
  };
}

function dataOf({ data }: Settings, { hash, classes, splits }: Dataset): Run['data'] {
  return {
    root: shownRoot(data),
    hash,
    classes: [...classes],
    counts: {
      train: countByClass(splits.train, classes),
      validation: countByClass(splits.validation, classes),
    },
  };
}

function describe({ experiment, seed }: Settings, { splits, classes }: Dataset, engine: Engine): string {
  const images = `${counted(splits.train.length, 'image')} of ${classes.join(', ')}`;
  const network = typeof experiment.network === 'string' ? experiment.network : 'a network of your own';
  return `${network}, ${images}; ${engine.name} on ${engine.provider}, seed ${seed}`;
}

function refuseEmpty({ root, splits }: Dataset): void {
  for (const split of ['train', 'validation'] as const) {
    if (splits[split].length > 0) continue;
    throw new SightlineError(
      'data',
      `${root} has no images to ${split === 'train' ? 'train on' : 'validate with'}.`,
    );
  }
}

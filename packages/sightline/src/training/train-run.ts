/**
 * One run from start to end: data in, a network trained, a run folder out.
 *
 * Nothing is written before the first epoch has ended, so bad data or a bad configuration leave no half-written run.
 */
import { counted, SightlineError } from '@sightline/core';
import { countByClass, type Dataset } from '@sightline/data';
import { type Engine, type RunResult, runExperiment, selectEngine } from '@sightline/models';
import type { Run } from '@sightline/runs';
import type { Settings } from '../config/settings.ts';
import { openInOrder } from '../dataset/open-in-order.ts';
import { shownRoot } from '../dataset/shown-root.ts';
import type { Work } from '../events.ts';
import { gitState, softwareVersions } from '../software.ts';
import { writeBackboneArtifacts } from './backbone-artifacts.ts';
import { writeImageGrids } from './image-grids.ts';
import { loadInputs } from './inputs.ts';
import { alreadyComplete, checkResumable, replacedRun } from './resume.ts';

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
 * @throws SightlineError where training can't start or go on, or its results can't be written
 */
export async function trainRun(
  settings: Settings,
  { resume, signal, emit }: Work & { readonly resume: boolean },
): Promise<TrainedRun> {
  const { name, experiment, seed, out } = settings;
  const began = performance.now();
  const [engine, dataset, git] = await Promise.all([
    selectEngine(settings.engine),
    openInOrder(settings.data, settings.classes, signal, settings.cacheDir),
    gitState(process.cwd()),
  ]);
  refuseEmpty(dataset);
  if (resume) checkResumable(settings, dataset.hash);
  const { validationPaths, backbone, ...sources } = await loadInputs(dataset, settings, { signal, emit });
  const part = experiment.backbone === null ? 'data' : 'features';
  emit({
    event: 'start',
    run: name,
    epochs: experiment.epochs,
    images: { train: dataset.splits.train.length, validation: dataset.splits.validation.length },
    engine: engine.name,
    provider: engine.provider,
    seed,
  });
  emit({ event: 'note', message: `${name}: ${describe(settings, dataset, engine)}` });
  const before = resume ? alreadyComplete(out, experiment.epochs) : replacedRun(out);
  if (before) emit({ event: 'note', message: `${before}.` });

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
    ...(backbone ? { backbone } : {}),
    resume,
    signal,
    timings: { [part]: (performance.now() - began) / 1000 },
    onStep: (progress) => emit({ event: 'step', run: name, ...progress }),
    onEpoch: (record) => emit({ event: 'epoch', run: name, epochs: experiment.epochs, ...record }),
    async artifacts({ writer }) {
      // An interrupted run is to end at once.
      if (signal.aborted) return;
      await writeImageGrids(writer, dataset, settings);
      if (experiment.backbone) await writeBackboneArtifacts(writer, dataset, experiment.backbone);
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

/** With more classes than these, their number is said in the place of their names. */
const MOST_CLASSES = 6;

function describe({ experiment, seed }: Settings, { splits, classes }: Dataset, engine: Engine): string {
  const named = classes.length > MOST_CLASSES ? counted(classes.length, 'class') : classes.join(', ');
  const images = `${counted(splits.train.length, 'image')} of ${named}`;
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

/**
 * One run from start to end: data in, a network trained, a run folder out.
 *
 * Nothing is written before the first epoch has ended, so bad data or a bad configuration leave no half-written run.
 */
import { counted, listed, SightlineError, visible } from '@sightline/core';
import { assertTrainable, countByClass, type Dataset } from '@sightline/data';
import {
  type Engine,
  hiddenFeatures,
  lossNote,
  type RunResult,
  runExperiment,
  selectEngine,
} from '@sightline/models';
import type { Run, SuspectRecord } from '@sightline/runs';
import type { Settings } from '../config/settings.ts';
import { checkFindings, keptFindings, MOST_FINDINGS } from '../dataset/check-findings.ts';
import { openInOrder } from '../dataset/open-in-order.ts';
import { shownRoot } from '../dataset/shown-root.ts';
import type { Work } from '../events.ts';
import { gitState, softwareVersions } from '../software.ts';
import { writeActivationMaps } from './activation-maps.ts';
import { backboneArtifacts } from './backbone-artifacts.ts';
import { layOut, writeFeatureMap } from './feature-map.ts';
import { imageGrids } from './image-grids.ts';
import { loadInputs } from './inputs.ts';
import { writePictures } from './pictures.ts';
import { alreadyComplete, checkResumable, replacedRun } from './resume.ts';
import { keptThumbnails } from './thumbnails.ts';

export interface TrainedRun extends Pick<RunResult, 'status' | 'metrics' | 'timings' | 'notes' | 'midway'> {
  readonly name: string;
  readonly dir: string;
  readonly epochs: number;
  readonly engine: Pick<Engine, 'name' | 'provider' | 'device'> & { readonly note?: string | undefined };
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
  /** How a logistic network was chosen, and its learning curve. */
  readonly head?: Run['head'];
  /** Images whose label is doubtful, where the network is logistic. */
  readonly suspects?: readonly SuspectRecord[];
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
  const stage = (words: string) => emit({ event: 'stage', run: name, stage: words });
  stage('reading the images');
  const [engine, dataset, git] = await Promise.all([
    selectEngine(settings.engine),
    openInOrder(settings.data, {
      order: settings.classes,
      data: experiment.data,
      cacheDir: settings.cacheDir,
      signal,
    }),
    gitState(process.cwd()),
  ]);
  checkSplits(dataset, experiment.data.allowErrors);
  checkFindings(dataset, { emit }, experiment.data.allowErrors);
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

  const thumbnails = keptThumbnails(out);
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
    onPart: (part) => stage(PARTS[part] ?? part),
    onStep: (progress) => emit({ event: 'step', run: name, ...progress }),
    onEpoch: (record) => emit({ event: 'epoch', run: name, epochs: experiment.epochs, ...record }),
    async artifacts({ writer, model }) {
      // An interrupted run is to end at once.
      if (signal.aborted) return;
      const note = lossNote(model);
      if (note) emit({ event: 'note', message: `${name}: ${note}` });
      const steps = [
        async () => stage('keeping pictures'),
        ...imageGrids(writer, dataset, settings, { kept: thumbnails }),
        async () => stage('looking into its mistakes'),
        () => writeActivationMaps(writer, model, sources.validation, { engine, signal }),
        async () => {
          stage('mapping the images');
          const layOutRows = async (rows: readonly number[]) => {
            const features = await hiddenFeatures(model, sources.validation, rows, { engine, signal });
            return features && layOut(features, features.length / rows.length, signal);
          };
          await writeFeatureMap(writer, dataset, layOutRows, signal);
        },
        ...backboneArtifacts(writer, dataset, experiment.backbone, settings.resize),
      ];
      await writePictures([steps], emit);
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

/** The data set as run.json has it. */
export function dataOf(
  { data, title, experiment }: Settings,
  { hash, classes, splits, findings }: Dataset,
): Run['data'] {
  const { data: options } = experiment;
  return {
    root: shownRoot(data),
    ...(title === undefined ? {} : { title }),
    hash,
    classes: [...classes],
    counts: {
      train: countByClass(splits.train, classes),
      validation: countByClass(splits.validation, classes),
      ...(splits.test ? { test: countByClass(splits.test, classes) } : {}),
    },
    findings: keptFindings(findings, MOST_FINDINGS),
    ...(Object.keys(options).length > 0 ? { options } : {}),
  };
}
/** The parts of a run in words, while they go on. */
const PARTS: Readonly<Record<string, string>> = {
  training: 'preparing the first step',
  evaluation: 'evaluating',
  saving: 'saving the network',
};

/** With more classes than these, their number is said in the place of their names. */
const MOST_CLASSES = 6;

/** `1,600 images of other, car` */
export function imagesInWords({ splits, classes }: Dataset): string {
  const named =
    classes.length > MOST_CLASSES ? counted(classes.length, 'class') : classes.map(visible).join(', ');
  return `${counted(splits.train.length, 'image')} of ${named}`;
}

function describe({ experiment, seed }: Settings, dataset: Dataset, engine: Engine): string {
  const network = typeof experiment.network === 'string' ? experiment.network : 'a network of your own';
  return `${network}, ${imagesInWords(dataset)}; ${engine.name} on ${engine.provider}, seed ${seed}`;
}

/** @throws SightlineError where a split has no images, or a class has none to train on */
export function checkSplits(dataset: Dataset, allowErrors = false): void {
  const { root, splits, classes } = dataset;
  for (const split of ['train', 'validation'] as const) {
    if (splits[split].length > 0) continue;
    // What the images are may be the reason: copies of one image all stay in one split.
    if (!allowErrors) assertTrainable(dataset);
    throw new SightlineError(
      'data',
      split === 'train'
        ? `${root} has no images to train on.`
        : `${root} has no images to validate with: a class needs three or more, of which some are held out, or a folder validation beside train.`,
    );
  }
  const counts = countByClass(splits.train, classes);
  const empty = classes.filter((_, k) => counts[k] === 0);
  if (empty.length === 0) return;
  throw new SightlineError(
    'empty-class',
    `${root} has no images to train on for ${listed(empty)}: add some, or remove ${empty.length === 1 ? 'this class' : 'these classes'}.`,
  );
}

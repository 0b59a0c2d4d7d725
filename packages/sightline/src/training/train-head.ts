/** The transfer recipe: features of a pretrained network, kept by the content of the images, and a logistic head. */

import { type Backbone, openBackbone } from '@sightline/backbone';
import { counted, SightlineError } from '@sightline/core';
import { countByClass, type Dataset, DECODER_VERSION, loadImages, type Sample } from '@sightline/data';
import {
  datasetFeatures,
  type FeatureRows,
  type HeadRunData,
  isBackboneFile,
  loadBackbone,
  runHead,
} from '@sightline/models';
import { processorName } from '@sightline/ort';
import { FeatureStore, type Run } from '@sightline/runs';
import type { Settings } from '../config/settings.ts';
import { checkFindings } from '../dataset/check-findings.ts';
import { openInOrder } from '../dataset/open-in-order.ts';
import type { Work } from '../events.ts';
import { gitState, softwareVersions } from '../software.ts';
import { writeBackboneActivationMaps } from './activation-maps.ts';
import { backboneArtifacts } from './backbone-artifacts.ts';
import { earlierArtifacts, keepArtifacts, markWhole } from './earlier-artifacts.ts';
import { type LaidOut, layOut, writeFeatureMap } from './feature-map.ts';
import { fineTuneHead } from './fine-tune-head.ts';
import { imageGrids } from './image-grids.ts';
import { writePictures } from './pictures.ts';
import { checkResumable, replacedRun } from './resume.ts';
import { SeenImages } from './seen-images.ts';
import { keptThumbnails } from './thumbnails.ts';
import { checkSplits, dataOf, imagesInWords, type TrainedRun } from './train-run.ts';

/** Validation images on which the exported model is compared with the head. */
const CHECKED = 8;

/**
 * Fits an experiment's head and writes its run folder. Features that were computed are kept and the head takes seconds, so
 * what is resumed is fine-tuning: from the step that a Ctrl-C left, or from the last whole epoch.
 *
 * @throws SightlineError where images can't be read, or results can't be written
 */
export async function trainHead(
  settings: Settings,
  work: Work & { readonly resume: boolean },
): Promise<TrainedRun> {
  const { name, experiment, seed, out } = settings;
  const { signal, emit } = work;
  const began = performance.now();
  const stage = (words: string) => emit({ event: 'stage', run: name, stage: words });
  stage('reading the images');
  const [backbone, dataset, git] = await Promise.all([
    loadBackbone(experiment.backbone!, undefined, experiment.inputRange),
    openInOrder(settings.data, {
      order: settings.classes,
      data: experiment.data,
      cacheDir: settings.cacheDir ?? settings.features,
      signal,
    }),
    gitState(process.cwd()),
  ]);
  if (backbone.assumption) emit({ event: 'note', message: backbone.assumption });
  checkSplits(dataset, experiment.data.allowErrors);
  checkRepeated(dataset);
  checkFindings(dataset, { emit }, experiment.data.allowErrors);
  const { train, validation } = dataset.splits;
  const images = { train: train.length, validation: validation.length };
  const words = `logistic regression on ${backbone.name}, ${imagesInWords(dataset)}; seed ${seed}`;
  emit({ event: 'note', message: `${name}: ${words}` });
  const resume = work.resume && experiment.fineTune !== null;
  if (resume) checkResumable(settings, dataset.hash);
  const before = resume ? undefined : replacedRun(out);
  if (before) emit({ event: 'note', message: `${before}.` });
  try {
    // First: once the features are there, nothing needs the images any more.
    const first = firstImages(dataset, settings, signal);
    // Of images that cannot be read, the features name all.
    first.catch(() => {});
    const earlier = earlierArtifacts(out);
    const seen = new SeenImages(dataset, backbone, keptThumbnails(out));
    const { rows, engine } = await featureRows(dataset, backbone, settings, work, seen);
    const pixels = await first;
    const { name: engineName, provider } = engine;
    emit({ event: 'start', run: name, epochs: 0, images, engine: engineName, provider, seed });
    const { classWeights } = experiment;
    let laidOut: Promise<LaidOut> | undefined;
    const { history, ...run } = await runHead(
      {
        ...rows,
        classes: dataset.classes,
        backbone,
        pixels,
      },
      {
        name,
        seed,
        dir: out,
        engine,
        experiment,
        header: {
          command: settings.command,
          data: dataOf(settings, dataset),
          software: softwareVersions(),
          git,
        },
        ...(classWeights ? { classWeights } : {}),
        ...(experiment.fineTune
          ? { fineTune: (head, progress) => fineTuneHead(dataset, backbone, head, settings, work, progress) }
          : {}),
        resume,
        signal,
        onPart: (part) => stage(PARTS[part] ?? part),
        onFeatures(features, columns) {
          // Where there was a run before, most likely nothing changed, and its map is kept.
          if (earlier !== undefined) return;
          laidOut = layOut(features, columns, signal);
          // A failure is met where the map is waited for.
          laidOut.catch(() => {});
        },
        timings: { features: (performance.now() - began) / 1000 },
        async artifacts(run) {
          // An interrupted run is to end at once.
          if (signal.aborted) return;
          const { writer, features, columns, trainFeatures } = run;
          if (keepArtifacts(writer, earlier)) return;
          stage('drawing what the report shows');
          const groups = [
            imageGrids(writer, dataset, settings, { kept: seen.thumbnails, trainFeatures }),
            [
              () => {
                const layOutRows = () => (laidOut ??= layOut(features, columns, signal));
                return writeFeatureMap(writer, dataset, layOutRows, signal, seen.tiles);
              },
            ],
            [
              () => writeBackboneActivationMaps(run, dataset, backbone, settings, signal, seen.activations),
              ...backboneArtifacts(writer, dataset, experiment.backbone, settings.resize),
            ],
          ];
          if (await writePictures(groups, emit)) markWhole(writer);
        },
      },
    );
    return { name, dir: out, epochs: history.length, engine, ...run };
  } catch (error) {
    if (!signal.aborted) throw error;
    const engine = cpuEngine();
    return {
      name,
      dir: out,
      epochs: 0,
      engine,
      status: 'interrupted',
      metrics: null,
      timings: {},
      notes: [],
    };
  }
}

/** @throws SightlineError `data` where no class has two training images: nothing could be held out to choose a penalty by */
function checkRepeated({ root, splits, classes }: Dataset): void {
  if (countByClass(splits.train, classes).some((count) => count > 1)) return;
  throw new SightlineError(
    'data',
    `${root} has one image of each class to train on: expected two or more, besides those that are held out for validation (three of a class in all, where there is no validation folder).`,
    { hint: 'Some 20 of each class are a beginning.' },
  );
}

const cpuEngine = (): Run['engine'] => ({ name: 'onnxruntime', provider: 'cpu', device: processorName() });

/** The parts of a run in words, while they go on. */
const PARTS: Readonly<Record<string, string>> = {
  training: 'fitting the classifier',
  evaluation: 'evaluating',
  saving: 'saving the network',
};

/** The features of both splits, and what computed them: the head alone where all of them were kept. */
async function featureRows(
  dataset: Dataset,
  backbone: Backbone,
  { resize, features: parent, engine: wanted, experiment }: Settings,
  { signal, emit }: Work,
  seen: SeenImages,
): Promise<{ rows: Pick<HeadRunData, 'train' | 'validation' | 'test'>; engine: Run['engine'] }> {
  const { train, validation, test = [] } = dataset.splits;
  const samples = [...train, ...validation, ...test];
  const columns = backbone.featureShape(resize.size).reduce((product, side) => product * side, 1);
  const { sha256, origin } = backbone.weights;
  const source = {
    backbone: backbone.name,
    // The origin of a file says which pixel values it is given.
    weights: isBackboneFile(experiment.backbone!) ? `${sha256} ${origin}` : (sha256 ?? origin),
    precision: 'fp32',
    decoder: DECODER_VERSION,
    resize,
    columns,
  } as const;
  const store = new FeatureStore(parent, source);
  const blocks = seen.block === undefined || experiment.fineTune ? [] : [seen.block];
  let opened: Awaited<ReturnType<typeof openBackbone>> | undefined;
  try {
    const { features, computed } = await datasetFeatures(dataset, samples, {
      resize,
      store,
      signal,
      async open() {
        const providers = wanted === 'cpu' ? { providers: ['cpu'] as const } : {};
        opened = await openBackbone(backbone, { imageSize: resize.size, blocks, ...providers });
        return opened;
      },
      onProgress: ({ done, total }) => emit({ event: 'progress', what: 'features', done, total }),
      ...(blocks.length > 0 ? { wantsBlocks: seen.wantsBlocks, onBlocks: seen.onBlocks } : {}),
      onDecoded: seen.onDecoded,
    });
    const kept = samples.length - computed;
    if (kept > 0)
      emit({
        event: 'note',
        message: `The features of ${counted(kept, 'image')} are reused from ${store.dir}.`,
      });
    const rowsOf = (split: readonly Sample[], from: number): FeatureRows => ({
      features: features.subarray(from * columns, (from + split.length) * columns),
      labels: Int32Array.from(split, ({ label }) => label),
      paths: split.map(({ path }) => path),
      ...groupsOf(split),
    });
    const { provider = 'cpu', device = processorName() } = opened ?? {};
    return {
      rows: {
        train: rowsOf(train, 0),
        validation: rowsOf(validation, train.length),
        test: test.length === 0 ? undefined : rowsOf(test, train.length + validation.length),
      },
      engine: { name: 'onnxruntime', provider, device },
    };
  } finally {
    store.close();
    opened?.release();
  }
}

/** The group of each sample as a number; one without a group is a group by itself. */
function groupsOf(samples: readonly Sample[]): Pick<FeatureRows, 'groups'> {
  if (samples.every(({ group }) => group === undefined)) return {};
  const numbers = new Map<string, number>();
  const groups = samples.map(({ group }, row) => {
    if (group === undefined) return samples.length + row;
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    return number;
  });
  return { groups };
}

async function firstImages(dataset: Dataset, { resize }: Settings, signal: AbortSignal): Promise<Uint8Array> {
  const splits = { train: [], validation: dataset.splits.validation.slice(0, CHECKED) };
  return (await loadImages({ ...dataset, splits }, 'validation', { ...resize, signal })).data;
}

/** Metrics of a model on labeled images, and a run folder that keeps them for comparisons and the report. */

import { basename, extname, resolve } from 'node:path';
import { listed, quoted, SightlineError, shown } from '@sightline/core';
import {
  countByClass,
  type Dataset,
  type ImageSet,
  loadImages,
  type OpenOptions,
  openDataset,
  type SplitName,
  samplesOf,
} from '@sightline/data';
import {
  type Collapsed,
  classificationMetrics,
  collapsed,
  compactMetrics,
  lowerRate,
  MORE_OF_RARE,
  predictionRows,
  type SplitMetrics,
} from '@sightline/metrics';
import { type Evaluation, lossNote } from '@sightline/models';
import type { DataOptions } from '@sightline/models/experiment';
import { processorName } from '@sightline/ort';
import { isRun, openRun } from '@sightline/runs';
import { commandOf, optionWords } from '../config/command-line.ts';
import {
  type DataOverrides,
  dataOptionsOf,
  dataOverridesOf,
  recordedDataOptions,
} from '../config/data-overrides.ts';
import { keptFindings, MOST_FINDINGS } from '../dataset/check-findings.ts';
import { openOptions } from '../dataset/open-in-order.ts';
import { shownRoot } from '../dataset/shown-root.ts';
import { type Work, type WorkOptions, workOf } from '../events.ts';
import { gitState, softwareVersions } from '../software.ts';
import { writePictures } from '../training/pictures.ts';
import { writeThumbnails } from '../training/thumbnails.ts';
import type { Classifier } from './open-classifier.ts';

export interface EvaluateOptions extends WorkOptions, Omit<DataOverrides, 'allowErrors'> {
  /** Default: validation. */
  readonly split?: SplitName | undefined;
  /**
   * A run folder to write, as if the model had been trained on these images: for `compare` and the report. It has the
   * metrics of the training and validation images.
   */
  readonly save?: string | undefined;
}

export interface ModelEvaluation {
  readonly data: string;
  readonly split: SplitName;
  readonly images: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly classes: readonly string[];
  readonly confusion: SplitMetrics['confusion'];
  /** Set where the model predicts one class for every image. */
  readonly collapsed: Collapsed | null;
  readonly metrics: SplitMetrics;
  /** The run folder that was written. */
  readonly saved?: string;
}

/** @see Model.evaluate */
export async function evaluateModel(
  path: string,
  classifier: Classifier,
  data: string | undefined,
  { split = 'validation', save, ...options }: EvaluateOptions,
): Promise<ModelEvaluation> {
  const { signal, emit } = workOf(options);
  const { metadata, run } = classifier;
  const { classes } = metadata;
  const root = data ?? run?.data.root;
  if (root === undefined) {
    throw new SightlineError(
      'usage',
      'There are no images to evaluate on: name their folder with --data DIR.',
    );
  }
  if (save !== undefined) checkSave(save, split);
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const ofRun = run && resolve(root) === resolve(run.data.root) ? recordedDataOptions(run) : {};
  const opened = openOptions(dataOptionsOf(options, ofRun));
  const dataset = await openLabeled(root, { ...opened, classes, signal });
  const measured = await measure(classifier, dataset, split, signal);
  const { loss, accuracy } = measured.evaluation;
  const { metrics, collapse } = measured;
  const note = classifier.model && lossNote(classifier.model);
  if (note) emit({ event: 'note', message: note });
  if (save !== undefined) {
    const train = await measure(classifier, dataset, 'train', signal);
    const seconds = (performance.now() - began) / 1000;
    const words = optionWords(dataOverridesOf(options));
    await saveRun(save, classifier, dataset, {
      ...{ train, validation: measured, startedAt, seconds, path, opened, emit },
      command: commandOf('evaluate', path, '--data', root, ...words, '--save', save),
    });
  }
  const { images } = metrics;
  return {
    ...{ data: root, split, images, loss, accuracy, classes, metrics },
    ...{ confusion: metrics.confusion, collapsed: collapse },
    ...(save === undefined ? {} : { saved: save }),
  };
}

interface Measured {
  readonly images: ImageSet;
  readonly evaluation: Evaluation;
  readonly metrics: SplitMetrics;
  readonly collapse: Collapsed | null;
}

async function measure(
  { metadata: { classes }, resize, run, evaluate }: Classifier,
  dataset: Dataset,
  split: SplitName,
  signal: AbortSignal,
): Promise<Measured> {
  if (samplesOf(dataset, split).length === 0) {
    throw new SightlineError('data', `${dataset.root} has no images in its split ${split}.`);
  }
  const images = await loadImages(dataset, split, { ...resize, signal });
  const evaluation = await evaluate(images, signal);
  const { loss, probabilities, units, labels } = evaluation;
  const metrics = compactMetrics(classificationMetrics(labels, probabilities, units, classes), loss);
  const remedy = run?.head ? MORE_OF_RARE : lowerRate(run?.config.optimizer?.learningRate);
  const collapse = collapsed(probabilities, units, labels, classes, remedy);
  return { images, evaluation, metrics, collapse };
}

function checkSave(save: string, split: SplitName): void {
  if (split !== 'validation') {
    throw new SightlineError(
      'usage',
      `A run has the metrics of its validation images: leave out --split ${split}.`,
    );
  }
  if (isRun(save)) {
    throw new SightlineError(
      'not-writable',
      `There is a run in ${save} already: name another folder with --save.`,
    );
  }
}

async function saveRun(
  dir: string,
  { metadata }: Classifier,
  dataset: Dataset,
  parts: {
    readonly train: Measured;
    readonly validation: Measured;
    readonly startedAt: string;
    readonly seconds: number;
    /** The model's. */
    readonly path: string;
    readonly command: string;
    readonly opened: DataOptions;
    readonly emit: Work['emit'];
  },
): Promise<void> {
  const { train, validation, startedAt, seconds, path, command, opened, emit } = parts;
  const { classes, splits, hash, root } = dataset;
  const name = basename(dir);
  const writer = openRun(dir, {
    experiment: name,
    startedAt,
    seed: 0,
    command,
    engine: { name: 'onnxruntime', provider: 'cpu', device: processorName() },
    data: {
      root: shownRoot(root),
      hash,
      classes: [...classes],
      counts: {
        train: countByClass(splits.train, classes),
        validation: countByClass(splits.validation, classes),
      },
      findings: keptFindings(dataset.findings, MOST_FINDINGS),
      ...(Object.keys(opened).length > 0 ? { options: opened } : {}),
    },
    config: {
      network: basename(path, extname(path)),
      backbone: metadata.backbone ?? null,
      imageSize: [...metadata.imageSize],
      augmentation: null,
    },
    software: softwareVersions(),
    git: await gitState(process.cwd()),
  });
  const { probabilities, units, labels } = validation.evaluation;
  const predictions = predictionRows(validation.images.paths, labels, probabilities, units, classes);
  writer.writePredictions(predictions);
  await writePictures([[() => writeThumbnails(writer, dataset, predictions)]], emit);
  const brief = ({ evaluation: { loss, accuracy } }: Measured) => ({ loss, accuracy });
  writer.finish({
    status: 'complete',
    metrics: {
      train: brief(train),
      validation: brief(validation),
      best: null,
      kept: null,
      collapsed: validation.collapse,
      splits: { train: train.metrics, validation: validation.metrics },
    },
    timings: { evaluation: seconds },
  });
}

/** Opens images whose classes are those of a model, or some of them. */
async function openLabeled(
  root: string,
  options: OpenOptions & { readonly classes: readonly string[] },
): Promise<Dataset> {
  const { classes } = options;
  try {
    return await openDataset(root, { ...options, allowMissingClasses: true });
  } catch (error) {
    if (!(error instanceof SightlineError && error.code === 'classes')) throw error;
    const unknown = error.details.unknown as readonly string[];
    const left = optionWords({ ignoreClass: unknown }).map(quoted).join(' ');
    throw new SightlineError(
      'data',
      `${root} has images of ${listed(unknown.map(shown))}, which the model does not know: it was trained on ${listed(classes.map(shown))}. Rename the folders, or leave these out with ${left}.`,
      { cause: error },
    );
  }
}

/** A trained network of any format, loaded on an engine, from images to probabilities. */

import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { openBackbone } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import {
  arraySource,
  type BatchSource,
  type ImageSet,
  type ImageSourceOptions,
  imageSource,
  type ResizeOptions,
} from '@sightline/data';
import { INPUT_RANGES } from '@sightline/image';
import { perClass } from '@sightline/metrics';
import {
  checkOnnx,
  type Evaluation,
  type Experiment,
  type ExportCheck,
  type ExportPrecision,
  evaluationOf,
  exportChecked,
  exportOnnx,
  isBackboneFile,
  loadBackbone,
  loadKeras,
  loadModel,
  type ModelMetadata,
  openEvaluator,
  openOnnx,
  reexportOnnx,
  selectEngine,
} from '@sightline/models';
import { openUntrusted, type UntrustedSession } from '@sightline/ort';
import type { LoadedRun } from '@sightline/runs';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { readRunHere } from '../dataset/read-run-here.ts';
import { openForeignOnnx } from './foreign-onnx.ts';
import { foreignMetadata, type ModelHints, ownMetadata, withClassNames } from './hints.ts';

export interface OnnxExportOptions {
  readonly precision: ExportPrecision;
  /** Images on which the file is compared with the network. Default: it is not compared. */
  readonly images: ImageSet | undefined;
  /** Images that the ranges of int8 come from. Default: those that it is compared on. */
  readonly calibration?: ImageSet | undefined;
}

export interface ExportedOnnx extends Partial<ExportCheck> {
  readonly bytes: Uint8Array;
}

export interface Classifier {
  /** Undefined for an ONNX file, which is run as it is. */
  readonly model?: LayersModel;
  readonly metadata: ModelMetadata;
  /** What was assumed of a foreign model, as sentences. */
  readonly assumptions: readonly string[];
  /** How an image is brought to what the network takes. */
  readonly resize: ResizeOptions;
  /** The run that it came from; a model by itself has none. */
  readonly run?: LoadedRun['run'];
  /** The probabilities of images, in their order, and loss and accuracy by their labels. */
  evaluate(images: ImageSet, signal: AbortSignal): Promise<Evaluation>;
  /** The network as ONNX, compared with its own probabilities of images if there are some. Not for an ONNX file. */
  exportOnnx?(options: OnnxExportOptions, signal: AbortSignal): Promise<ExportedOnnx>;
  release(): void | Promise<void>;
}

/** For a model without a run. */
const BATCH_SIZE = 128;

/**
 * Loads the network at `path`: a run folder; a folder (or the `model.json`) of a saved model; a `.keras`, `.h5` or
 * `.onnx` file. What Sightline saved has metadata on how images go into it; `hints` stand in for it in other networks.
 *
 * @throws SightlineError `missing` where a run has no model, or hints that are needed; other codes where a file is damaged
 */
export async function openClassifier(path: string, given: ModelHints = {}): Promise<Classifier> {
  const hints = await withClassNames(given);
  const kind = extname(path);
  if (kind === '.onnx') return openOnnxFile(path, hints);
  const folder = basename(path) === 'model.json' ? dirname(path) : path;
  const isKeras = kind === '.keras' || kind === '.h5';
  const isModel =
    isKeras || (existsSync(join(folder, 'model.json')) && !existsSync(join(folder, 'run.json')));
  const loaded = isModel ? undefined : readRunHere(folder);
  if (loaded) refuseUntrained(path, loaded);
  const engine = await selectEngine('auto');
  const { model, metadata: own } = isKeras
    ? await loadKeras(path)
    : await loadModel(loaded ? join(loaded.dir, 'model') : folder);
  const { metadata, assumptions } = own
    ? { metadata: ownMetadata(path, own, hints), assumptions: [] }
    : foreignMetadata(isKeras ? path : folder, model, hints);
  if (loaded && metadata.backbone !== undefined && isBackboneFile(metadata.backbone))
    return onFile(loaded, model, metadata);
  const { labelSmoothing = 0, views = 1 } = (loaded?.run.config ?? {}) as Partial<
    Pick<Experiment, 'labelSmoothing' | 'views'>
  >;
  // In batches of the size that it was trained with, a mean loss comes out the same to the last bit.
  const batchSize = loaded?.run.config.batchSize ?? BATCH_SIZE;
  const evaluator = openEvaluator(model, { engine, labelSmoothing });
  // A run's metrics are those of its views; what is exported sees one.
  const byViews = views === 1 ? evaluator : openEvaluator(model, { engine, labelSmoothing, views });
  return {
    model,
    metadata,
    assumptions,
    resize: resizeOf(metadata),
    ...(loaded ? { run: loaded.run } : {}),
    evaluate: async (images, signal) =>
      byViews.evaluate(await sourceOf(images, metadata, batchSize, signal), signal),
    async exportOnnx({ precision, images, calibration }, signal) {
      const backbone = metadata.backbone === undefined ? undefined : await loadBackbone(metadata.backbone);
      const options = { backbone, precision, calibration: calibration?.data };
      if (!images) return { bytes: await exportOnnx(model, metadata, options) };
      const source = await sourceOf(images, metadata, images.shape[0], signal);
      const { probabilities, units } = await evaluator.evaluate(source, signal);
      const { data: pixels, labels } = images;
      return exportChecked(
        model,
        metadata,
        { pixels, labels, probabilities: perClass(probabilities, units) },
        options,
      );
    },
    release: () => {
      for (const each of new Set([evaluator, byViews])) each.release();
    },
  };
}

/** A run on a backbone of a file: its own model.onnx has that backbone inside, wherever the file is by now. */
async function onFile(
  { dir, run }: LoadedRun,
  model: LayersModel,
  metadata: ModelMetadata,
): Promise<Classifier> {
  const path = join(dir, 'model.onnx');
  const { resize, evaluate, release } = await openOnnxFile(path, {});
  return {
    model,
    metadata,
    assumptions: [],
    resize,
    run,
    evaluate,
    async exportOnnx({ precision, images, calibration }, signal) {
      const given = { precision, calibration: calibration?.data };
      const bytes = await reexportOnnx({ bytes: readRegularFile(path), name: path }, metadata, given);
      if (!images) return { bytes };
      const { probabilities, units } = await evaluate(images, signal);
      const { data: pixels, labels } = images;
      const expected = { pixels, labels, probabilities: perClass(probabilities, units) };
      return { bytes, ...(await checkOnnx(bytes, metadata, expected, precision)) };
    },
    release,
  };
}

/**
 * An ONNX file, run by ONNX Runtime in a process of its own: whoever wrote it, and whatever its metadata say. It holds no
 * regularization: its loss is the cross-entropy alone.
 */
async function openOnnxFile(path: string, hints: ModelHints): Promise<Classifier> {
  const session = await openUntrusted(path);
  try {
    const { classes, imageSize } = session.model.metadata;
    // Without Sightline's metadata it is a classifier of others.
    return classes && imageSize ? await ownOnnx(session, hints) : foreignOnnx(session, hints);
  } catch (error) {
    session.dispose();
    throw error;
  }
}

function foreignOnnx(session: UntrustedSession, hints: ModelHints): Classifier {
  const { metadata, assumptions, probabilities, release } = openForeignOnnx(session, hints);
  return {
    metadata,
    assumptions,
    resize: resizeOf(metadata),
    async evaluate({ data, labels }, signal) {
      const rows = await probabilities(data, labels.length, signal);
      return evaluationOf(rows, labels, metadata.classes.length);
    },
    release,
  };
}

async function ownOnnx(session: UntrustedSession, hints: ModelHints): Promise<Classifier> {
  const { path } = session;
  const { metadata, takesFeatures, probabilities, release } = await openOnnx(path, session);
  ownMetadata(path, metadata, hints);
  return {
    metadata,
    assumptions: [],
    resize: resizeOf(metadata),
    async evaluate(images, signal) {
      const { data, shape } = takesFeatures ? await featuresOf(images, metadata, signal) : images;
      return evaluationOf(await probabilities(data, shape, signal), images.labels, metadata.classes.length);
    },
    release,
  };
}

const resizeOf = ({
  imageSize,
  interpolation = 'nearest',
  fit = 'stretch',
}: ModelMetadata): ResizeOptions => ({
  size: imageSize,
  interpolation,
  fit,
});

/** An interrupted run has the network of its last whole epoch, if there was one. */
function refuseUntrained(path: string, { run: { status, command }, isUpgraded, dir }: LoadedRun): void {
  if (status === 'complete' || (status === 'interrupted' && existsSync(join(dir, 'model', 'model.json'))))
    return;
  const remedy = isUpgraded ? `Train it again: ${command}` : `Resume it first: ${command} --resume`;
  throw new SightlineError(
    'missing',
    `The run in ${path} has no trained network: it is ${status}. ${remedy}`,
  );
}

async function sourceOf(
  images: ImageSet,
  metadata: ModelMetadata,
  batchSize: number,
  signal: AbortSignal,
): Promise<BatchSource> {
  // Without shuffling the seed has no effect.
  const options = { batchSize, seed: 0, shuffle: false };
  if (metadata.backbone === undefined) {
    return imageSource(images, { ...options, workers: 0, ...normalization(metadata) });
  }
  const { data, shape } = await featuresOf(images, metadata, signal);
  const { labels, classes } = images;
  return arraySource({ data, shape, labels, classes }, options);
}

/** How pixel values become those that a network takes, exact for the two ranges that need no statistics. */
function normalization({
  inputRange = '0-1',
}: ModelMetadata): Pick<ImageSourceOptions, 'rescale' | 'statistics'> {
  if (inputRange === '0-1') return {};
  return inputRange === '0-255' ? { rescale: 1 } : { statistics: INPUT_RANGES[inputRange] };
}

/** Features of images by the backbone that the metadata name. */
async function featuresOf(
  { data, shape }: ImageSet,
  { backbone: name = '', upTo }: ModelMetadata,
  signal: AbortSignal,
): Promise<{ data: Float32Array; shape: [count: number, ...number[]] }> {
  const [count, height, width] = shape;
  const imageSize = [height, width] as const;
  const backbone = await openBackbone(await loadBackbone(name), { imageSize, ...(upTo ? { upTo } : {}) });
  try {
    const features = await backbone.features(data, count, { signal });
    return { data: features, shape: [count, ...backbone.featureShape] };
  } finally {
    backbone.release();
  }
}

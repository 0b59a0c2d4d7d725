/** A trained model for programs: from photographs to classes, metrics on labeled images, and other formats. */

import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import type { FileFailure } from '@sightline/data';
import { perClass, predictedClass } from '@sightline/metrics';
import { type ExportPrecision, saveKeras, saveModel } from '@sightline/models';
import type { Run } from '@sightline/runs';
import { type WorkOptions, workOf } from '../events.ts';
import { type CheckedExport, writeCheckedOnnx } from './checked-onnx.ts';
import { type EvaluateOptions, evaluateModel, type ModelEvaluation } from './evaluate-model.ts';
import type { ModelHints } from './hints.ts';
import { type Classifier, openClassifier } from './open-classifier.ts';
import { decodeItems, type ImageItem, imageFiles } from './read-images.ts';

/** A path of an image or of a folder of images, an image file's bytes, or those with a name for the results. */
export type ImageInput = string | Uint8Array | ImageItem;

export interface Prediction {
  readonly path: string;
  /** The class of the highest probability. */
  readonly predicted: string;
  /** By class. */
  readonly probabilities: Readonly<Record<string, number>>;
}

export interface Predictions {
  readonly predictions: readonly Prediction[];
  /** The images that could not be read, and why. */
  readonly failures: readonly FileFailure[];
}

export const EXPORT_FORMATS = ['onnx', 'tfjs', 'keras'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions extends WorkOptions {
  /** Images on which an ONNX file is compared with the model. Default: the run's own. */
  readonly data?: string | undefined;
  /** The precision of an ONNX file. Default: fp32. */
  readonly precision?: ExportPrecision | undefined;
}

export interface Exported {
  readonly format: ExportFormat;
  readonly path: string;
  /** The precision of an ONNX file. */
  readonly precision?: ExportPrecision;
  /** The size of an ONNX file. */
  readonly bytes?: number;
  /** How an ONNX file compared with the network; undefined where there were no images to compare them on. */
  readonly checked?: CheckedExport;
}

export interface Model {
  readonly classes: readonly string[];
  /** Height and width that images are resized to. */
  readonly imageSize: readonly [height: number, width: number];
  /** What was assumed of a model that Sightline did not save, as sentences. */
  readonly assumptions: readonly string[];
  /** The run that the model came from; a model file by itself has none. */
  readonly run?: Run;
  /** Classifies images, in batches. Folders stand for the images in them. */
  predict(
    images: ImageInput | readonly ImageInput[],
    options?: WorkOptions & { readonly batchSize?: number },
  ): Promise<Predictions>;
  /**
   * Metrics on labeled images.
   *
   * @param data default: the images that the run was trained on
   * @throws SightlineError `data` where their classes are not the model's, or the split has no images
   */
  evaluate(data?: string, options?: EvaluateOptions): Promise<ModelEvaluation>;
  /**
   * Writes the model for other programs: an ONNX file, a TensorFlow.js folder, or a `.keras` or `.h5` file. An ONNX file
   * is compared with the model first, on `data` or on the run's own images; in 8 bits it is calibrated on them.
   *
   * @throws SightlineError `export-differs` where the file would give other probabilities, `data` where int8 has no images,
   *   `option` for a precision of another format
   */
  export(format: ExportFormat, path: string, options?: ExportOptions): Promise<Exported>;
  /** Frees what the model holds. */
  release(): Promise<void>;
}

/** Images that are decoded and predicted at once: 12 MB of 64x64. */
const BATCH_SIZE = 1024;

/** @see openModel in the package's index */
export async function openModel(path: string, hints: ModelHints = {}): Promise<Model> {
  const classifier = await openClassifier(path, hints);
  const { metadata, run } = classifier;
  return {
    classes: metadata.classes,
    imageSize: metadata.imageSize,
    assumptions: classifier.assumptions,
    ...(run ? { run } : {}),
    predict: (images, options = {}) => predict(classifier, images, options),
    evaluate: (data, options = {}) => evaluateModel(path, classifier, data, options),
    export: (format, to, options = {}) => exportTo(path, classifier, format, resolve(to), options),
    release: async () => classifier.release(),
  };
}

async function predict(
  classifier: Classifier,
  images: ImageInput | readonly ImageInput[],
  { batchSize = BATCH_SIZE, ...options }: WorkOptions & { readonly batchSize?: number },
): Promise<Predictions> {
  const { signal, emit } = workOf(options);
  const items = (await Promise.all([images].flat().map(itemsOf))).flat();
  const predictions: Prediction[] = [];
  const failures: FileFailure[] = [];
  for (let from = 0; from < items.length; from += batchSize) {
    signal.throwIfAborted();
    const batch = items.slice(from, from + batchSize);
    const decoded = await decodeItems(batch, classifier.resize, classifier.metadata.classes);
    failures.push(...decoded.failures);
    if (decoded.images.paths.length > 0)
      predictions.push(...(await predictionsOf(classifier, decoded.images, signal)));
    emit({ event: 'progress', what: 'predicting', done: from + batch.length, total: items.length });
  }
  return { predictions, failures };
}

async function itemsOf(input: ImageInput): Promise<readonly ImageItem[]> {
  if (typeof input === 'string') return (await imageFiles([input])).map((path) => ({ path }));
  return input instanceof Uint8Array ? [{ path: '', bytes: input }] : [input];
}

async function predictionsOf(
  { metadata: { classes }, evaluate }: Classifier,
  images: Awaited<ReturnType<typeof decodeItems>>['images'],
  signal: AbortSignal,
): Promise<Prediction[]> {
  const { probabilities, units } = await evaluate(images, signal);
  const all = perClass(probabilities, units);
  return images.paths.map((path, row) => {
    const ofRow = all.subarray(row * classes.length, (row + 1) * classes.length);
    return {
      path,
      predicted: classes[predictedClass(ofRow)] ?? '',
      probabilities: Object.fromEntries(classes.map((name, k) => [name, ofRow[k] ?? 0])),
    };
  });
}

async function exportTo(
  from: string,
  classifier: Classifier,
  format: ExportFormat,
  path: string,
  { data, precision = 'fp32', ...options }: ExportOptions,
): Promise<Exported> {
  const { signal } = workOf(options);
  const { model, metadata, run, exportOnnx } = classifier;
  if (!model || !exportOnnx) {
    throw new SightlineError(
      'usage',
      `${from} is an ${extname(from).slice(1).toUpperCase()} file: name the run or the model that it came from.`,
    );
  }
  if (format !== 'onnx') {
    if (precision !== 'fp32') {
      throw new SightlineError(
        'option',
        `${format} files are float32: leave out the precision, or export to onnx.`,
      );
    }
    await (format === 'tfjs' ? saveModel : saveKeras)(model, path, metadata);
    return { format, path };
  }
  const own = run && existsSync(run.data.root) ? run.data.root : undefined;
  const checked = await writeCheckedOnnx({ ...classifier, exportOnnx }, path, precision, data ?? own, signal);
  return { format, path, precision, bytes: statSync(path).size, ...(checked ? { checked } : {}) };
}

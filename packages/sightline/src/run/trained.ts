/** A trained network, ready to be asked: loaded on an engine, with what it takes and tells apart. */

import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { SightlineError } from '@sightline/core';
import {
  arraySource,
  type BatchSource,
  type ImageSet,
  imageSource,
  type ResizeOptions,
} from '@sightline/data';
import {
  type Evaluation,
  evaluationOf,
  exportChecked,
  loadKeras,
  loadModel,
  type ModelMetadata,
  openEvaluator,
  openOnnx,
} from '@sightline/models';
import { type LoadedRun, readRun } from '@sightline/runs';
import { selectEngine } from '@sightline/tfjs-onnxruntime';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describe, itsOwn, type Told } from './network-description.ts';

export interface Trained {
  /** Undefined for an ONNX file, which is run as it is. */
  readonly model?: LayersModel;
  readonly metadata: ModelMetadata;
  /** How an image is brought to what the network takes. */
  readonly resize: ResizeOptions;
  /** The run that it came from; a model by itself has none. */
  readonly run?: LoadedRun['run'];
  /** The network's answers to images, in their order, and its loss and accuracy by their labels. */
  answer(images: ImageSet, signal: AbortSignal): Promise<Evaluation>;
  /** It as ONNX, compared with its own answers to images. An ONNX file has none of it. */
  exportChecked?(images: ImageSet, signal: AbortSignal): ReturnType<typeof exportChecked>;
  release(): void | Promise<void>;
}

/** For a model without a run: as the experiments have it. */
const BATCH_SIZE = 128;

/**
 * Loads the network at `path`: a run folder; a folder (or the `model.json`) of a saved model; a `.keras`, `.h5` or
 * `.onnx` file. What Sightline saved says itself how images go into it; `told` says it of a network from elsewhere.
 *
 * @throws SightlineError where there is neither, SightlineError `missing` where a run has no model or a model does not say what
 *   it is, SightlineError where it is damaged
 */
export async function openTrained(path: string, told: Told = {}): Promise<Trained> {
  const kind = extname(path);
  if (kind === '.onnx') return openOnnxFile(path, told);
  const folder = basename(path) === 'model.json' ? dirname(path) : path;
  const isKeras = kind === '.keras' || kind === '.h5';
  const isModel =
    isKeras || (existsSync(join(folder, 'model.json')) && !existsSync(join(folder, 'run.json')));
  const loaded = isModel ? undefined : readRun(folder);
  if (loaded) refuseUntrained(path, loaded);
  const engine = await selectEngine('auto');
  const { model, metadata: own } = isKeras
    ? await loadKeras(path)
    : await loadModel(loaded ? join(loaded.dir, 'model') : folder);
  const metadata = own ? itsOwn(path, own, told) : describe(path, model, told);
  const { labelSmoothing = 0 } = (loaded?.run.config ?? {}) as { labelSmoothing?: number };
  // In batches of the size that it was trained with, a mean loss comes out the same to the last bit.
  const batchSize = loaded?.run.config.batchSize ?? BATCH_SIZE;
  const evaluator = openEvaluator(model, { engine, labelSmoothing });
  return {
    model,
    metadata,
    resize: resizeOf(metadata),
    ...(loaded ? { run: loaded.run } : {}),
    answer: async (images, signal) =>
      evaluator.evaluate(await sourceOf(images, metadata, batchSize, signal), signal),
    async exportChecked(images, signal) {
      const source = await sourceOf(images, metadata, images.shape[0], signal);
      return exportChecked(model, metadata, source, await evaluator.evaluate(source, signal));
    },
    release: evaluator.release,
  };
}

/** An ONNX file, run by ONNX Runtime. It holds no regularisation: its loss is the cross-entropy alone. */
async function openOnnxFile(path: string, told: Told): Promise<Trained> {
  const { metadata, probabilities, release } = await openOnnx(path);
  itsOwn(path, metadata, told);
  return {
    metadata,
    resize: resizeOf(metadata),
    async answer(images, signal) {
      const { data, shape } = metadata.input === 'images' ? images : await imageFeatures(images, signal);
      return evaluationOf(await probabilities(data, shape), images.labels, metadata.classes.length);
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
function refuseUntrained(path: string, { run: { status, command }, dir }: LoadedRun): void {
  if (status === 'complete' || (status === 'interrupted' && existsSync(join(dir, 'model', 'model.json'))))
    return;
  const remedy = `Go on with it first: ${command} --resume`;
  throw new SightlineError(
    'missing',
    `The run in ${path} has no trained network: it is ${status}. ${remedy}`,
  );
}

async function sourceOf(
  images: ImageSet,
  { input, levels }: ModelMetadata,
  batchSize: number,
  signal: AbortSignal,
): Promise<BatchSource> {
  // Nothing is drawn at random: the rows come in order.
  const options = { batchSize, seed: 0, shuffle: false };
  if (input === 'images') {
    return imageSource(images, { ...options, workers: 0, ...(levels === 'byte' ? { rescale: 1 } : {}) });
  }
  const { data, shape } = await imageFeatures(images, signal);
  const { labels, classes } = images;
  return arraySource({ data, shape, labels, classes }, options);
}

/** VGG16's features of images. */
async function imageFeatures(
  { data, shape }: ImageSet,
  signal: AbortSignal,
): Promise<{ data: Float32Array; shape: number[] }> {
  const { createVgg16 } = await import('@sightline/vgg16');
  const [count, height, width] = shape;
  const vgg16 = await createVgg16({ inputSize: [height, width], batchSize: Math.min(count, 32) });
  try {
    const features = await vgg16.features(data, count, { signal });
    return { data: features, shape: [count, ...vgg16.featureShape] };
  } finally {
    await vgg16.release();
  }
}

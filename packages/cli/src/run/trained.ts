/** A trained run's network, ready to be asked: loaded on an engine, with what it takes and tells apart. */
import { join } from 'node:path';
import {
  arraySource,
  type BatchSource,
  type ImageSet,
  imageSource,
  type ResizeOptions,
} from '@sightline/data';
import { type Evaluation, evaluate, loadModel, type ModelMetadata } from '@sightline/models';
import { type LoadedRun, readRun } from '@sightline/runs';
import { selectEngine } from '@sightline/tfjs-onnxruntime';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { CliError } from '../error.ts';

export interface Trained extends LoadedRun {
  readonly model: LayersModel;
  readonly metadata: ModelMetadata;
  /** How an image is brought to what the network takes. */
  readonly resize: ResizeOptions;
  /** The network's answers to images, in their order, and its loss and accuracy by their labels. */
  answer(images: ImageSet, signal: AbortSignal): Promise<Evaluation>;
}

/**
 * Loads the network of the run in `dir`.
 *
 * @throws RunsError where there is no run, CliError `missing` where it has no model, ModelError where that is damaged
 */
export async function openTrained(dir: string): Promise<Trained> {
  const loaded = readRun(dir);
  const { status, config } = loaded.run;
  if (status !== 'complete') {
    const remedy = `Go on with it first: ${loaded.run.command} --resume`;
    throw new CliError('missing', `The run in ${dir} has no trained network: it is ${status}. ${remedy}`);
  }
  const engine = await selectEngine('auto');
  const { model, metadata } = await loadModel(join(loaded.dir, 'model'));
  if (!metadata) {
    throw new CliError('missing', `The model of ${dir} doesn't name its classes: train the run again.`);
  }
  const { interpolation = 'nearest', fit = 'stretch' } = metadata;
  const { labelSmoothing = 0 } = config as { labelSmoothing?: number };
  const resize = { size: metadata.imageSize, interpolation, fit };
  const answer = async (images: ImageSet, signal: AbortSignal) => {
    // In batches of the size that it was trained with, a mean loss comes out the same to the last bit.
    const source = await sourceOf(images, metadata.input, config.batchSize, signal);
    return evaluate(model, source, { engine, labelSmoothing, signal });
  };
  return { ...loaded, model, metadata, resize, answer };
}

async function sourceOf(
  images: ImageSet,
  input: ModelMetadata['input'],
  batchSize: number,
  signal: AbortSignal,
): Promise<BatchSource> {
  // Nothing is drawn at random: the rows come in order.
  const options = { batchSize, seed: 0, shuffle: false };
  if (input === 'images') return imageSource(images, { ...options, workers: 0 });
  const { createVgg16 } = await import('@sightline/vgg16');
  const [count, height, width] = images.shape;
  const vgg16 = await createVgg16({ inputSize: [height, width], batchSize: Math.min(count, 32) });
  const data = await vgg16.features(images.data, count, { signal });
  await vgg16.release();
  const { labels, classes } = images;
  return arraySource({ data, shape: [count, ...vgg16.featureShape], labels, classes }, options);
}

/** Where the network looked in the images that it got wrong: `artifacts/activation-maps.json`. */

import { type Backbone, openBackbone } from '@sightline/backbone';
import { arraySource, type BatchSource, type Dataset, loadImages, type Sample } from '@sightline/data';
import {
  activationMaps,
  type Contrast,
  classActivationMap,
  type Engine,
  linearKernel,
  type SolvedRun,
  selectEngine,
} from '@sightline/models';
import {
  type ActivationMapsRecord,
  confidenceOf,
  type Prediction,
  type RunWriter,
  readRun,
} from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Settings } from '../config/settings.ts';

/** Goes up with each change of what is written: see earlier-artifacts. */
export const ACTIVATION_MAPS_VERSION = 1;

/** Mistakes that have a map, the most confident first. */
const MOST = 240;
/** Images whose activations are held at once. */
const CHUNK = 32;

interface Mistake extends Contrast {
  readonly prediction: Prediction;
}

/** The most confident mistakes, their predicted class set against the true one. */
function mistakesOf(dir: string, classes: readonly string[]): Mistake[] {
  const index = new Map(classes.map((name, k) => [name, k]));
  const confidence = ({ prediction }: Mistake) => confidenceOf(prediction, classes);
  return readRun(dir)
    .predictions()
    .map((prediction, row) => ({
      prediction,
      row,
      predicted: index.get(prediction.predicted)!,
      other: index.get(prediction.label)!,
    }))
    .filter(({ predicted, other }) => predicted !== other)
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, MOST);
}

/** Writes the maps of a network that was trained step by step, by its gradient. */
export async function writeActivationMaps(
  writer: RunWriter,
  model: tfl.LayersModel,
  validation: BatchSource,
  options: { engine: Engine; signal: AbortSignal },
): Promise<void> {
  const mistakes = mistakesOf(writer.dir, validation.classes);
  if (mistakes.length === 0) return;
  const found = await activationMaps(model, validation, mistakes, options);
  if (found) write(writer, mistakes, found.layer, found.maps, found.width);
}

/**
 * Writes the maps of a classifier on a backbone: in closed form where it is linear, by its gradient where the backbone was
 * fine-tuned.
 *
 * @param known activations of the pretrained backbone's last block with places, by the hash of the image
 */
export async function writeBackboneActivationMaps(
  { writer, model, metadata }: SolvedRun,
  dataset: Dataset,
  backbone: Backbone,
  { resize, engine: wanted }: Settings,
  signal: AbortSignal,
  known: ReadonlyMap<string, Float32Array> = new Map(),
): Promise<void> {
  const { classes } = dataset;
  const mistakes = mistakesOf(writer.dir, classes);
  const upTo = metadata.upTo ?? lastBlockWithPlaces(backbone);
  if (upTo === undefined) return;
  const [height, width, channels] = backbone.featureShape(resize.size, upTo) as [number, number, number];
  if (mistakes.length === 0 || height * width === 1) return;
  const samples = new Map(dataset.splits.validation.map((sample) => [sample.path, sample]));
  const kernel = linearKernel(model);
  const size = height * width * channels;
  const kept = kernel ? undefined : new Float32Array(mistakes.length * size);
  const maps: Float32Array[] = new Array(mistakes.length);
  const take = (index: number, features: Float32Array) => {
    if (kernel)
      maps[index] = classActivationMap(features, kernel, kernel.length / channels, mistakes[index]!);
    else kept!.set(features, index * size);
  };
  const unseen: { sample: Sample; index: number }[] = [];
  mistakes.forEach(({ prediction }, index) => {
    const sample = samples.get(prediction.path)!;
    const features = metadata.upTo === undefined ? known.get(sample.hash) : undefined;
    if (features) take(index, features);
    else unseen.push({ sample, index });
  });
  const providers = wanted === 'cpu' ? { providers: ['cpu'] as const } : {};
  const opened =
    unseen.length > 0
      ? await openBackbone(backbone, { imageSize: resize.size, upTo, ...providers })
      : undefined;
  try {
    for (let start = 0; opened && start < unseen.length; start += CHUNK) {
      signal.throwIfAborted();
      const chunk = unseen.slice(start, start + CHUNK);
      const splits = { train: [], validation: chunk.map(({ sample }) => sample) };
      const { data } = await loadImages({ ...dataset, splits }, 'validation', { ...resize, signal });
      const features = await opened.features(data, chunk.length, { signal });
      chunk.forEach(({ index }, i) => {
        take(index, features.subarray(i * size, (i + 1) * size));
      });
    }
  } finally {
    opened?.release();
  }
  if (!kept) {
    write(writer, mistakes, upTo, maps, width);
    return;
  }
  const labels = Int32Array.from(mistakes, ({ other }) => other);
  const source = arraySource(
    { data: kept, shape: [mistakes.length, height, width, channels], labels, classes },
    { batchSize: CHUNK, seed: 0, shuffle: false },
  );
  const rows = mistakes.map((mistake, row) => ({ ...mistake, row }));
  const found = await activationMaps(model, source, rows, { engine: await selectEngine(wanted), signal });
  if (found) write(writer, mistakes, found.layer, found.maps, found.width);
}

/** The block before the mean over places; undefined for a network whose layers are not known. */
export const lastBlockWithPlaces = (backbone: Backbone): string | undefined =>
  backbone.table().findLast(({ kind }) => kind !== 'mean')?.block;

function write(
  writer: RunWriter,
  mistakes: readonly Mistake[],
  layer: string,
  maps: readonly Float32Array[],
  width: number,
): void {
  const record: ActivationMapsRecord = {
    layer,
    images: mistakes.map(({ prediction: { path, label, predicted } }, i) => ({
      ...{ path, label, predicted },
      values: rowsOf(maps[i]!, width),
    })),
  };
  writer.writeArtifact('activation-maps.json', record);
}

/** Values divided by the largest magnitude, to two digits: finer than eyes tell shades apart. */
function rowsOf(map: Float32Array, width: number): number[][] {
  const most = Math.max(...map.map(Math.abs)) || 1;
  const value = (x: number) => Math.round((x / most) * 100) / 100;
  return Array.from({ length: map.length / width }, (_, y) =>
    Array.from(map.subarray(y * width, (y + 1) * width), value),
  );
}

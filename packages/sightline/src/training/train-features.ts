/**
 * The features of training images, by which the site finds those that are most like a photograph:
 * `artifacts/train-features.npy`. They come from `model.onnx`, as the photograph's will.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, loadImages, type ResizeOptions, type Sample } from '@sightline/data';
import { decodeModel, encodeModel, FEATURES, withFeatures } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import { encodeNpy, type RunWriter } from '@sightline/runs';

/** Goes up with each change of what is written: see earlier-artifacts. */
export const TRAIN_FEATURES_VERSION = 1;

/** Images that run at once: the activations of a large network take megabytes per image. */
const BATCH_SIZE = 16;
/** The longest row: what goes into the last layer of a network without a small layer before it tells little more. */
const MOST_COLUMNS = 4096;

/** The features of a training image that are known already, by its path. */
export type TrainFeatures = (path: string) => Float32Array | undefined;

/** Writes features of `samples`: those that are known, or where the run has a model that gives some. */
export async function writeTrainFeatures(
  writer: RunWriter,
  dataset: Dataset,
  samples: readonly Sample[],
  resize: ResizeOptions,
  known?: TrainFeatures,
): Promise<void> {
  const rows = samples.flatMap(({ path }) => known?.(path) ?? []);
  if (rows.length === samples.length && rows[0]) {
    const columns = rows[0].length;
    const data = new Uint8Array(rows.length * columns);
    rows.forEach((row, i) => {
      data.set(quantized(row, columns), i * columns);
    });
    write(writer, samples, data, columns);
    return;
  }
  const path = join(writer.dir, 'model.onnx');
  if (samples.length === 0 || !existsSync(path)) return;
  const model = withFeatures(decodeModel(readFileSync(path)));
  const columns = model?.graph.outputs.at(-1)?.shape[1];
  if (!model || typeof columns !== 'number' || columns > MOST_COLUMNS) return;
  const session = new Session(encodeModel(model), { provider: 'cpu' });
  try {
    const data = new Uint8Array(samples.length * columns);
    for (let from = 0; from < samples.length; from += BATCH_SIZE) {
      const train = samples.slice(from, from + BATCH_SIZE);
      const images = await loadImages({ ...dataset, splits: { train, validation: [] } }, 'train', resize);
      const outputs = await session.runAsync({ image: tensorOf(images.data, 'uint8', [...images.shape]) });
      data.set(quantized(outputs[FEATURES]!.data as Float32Array, columns), from * columns);
    }
    write(writer, samples, data, columns);
  } finally {
    session.dispose();
  }
}

function write(writer: RunWriter, samples: readonly Sample[], data: Uint8Array, columns: number): void {
  writer.writeArtifact('train-features.npy', encodeNpy({ data, shape: [samples.length, columns] }));
  writer.writeArtifact('train-features.json', { paths: samples.map(({ path }) => path) });
}

/** Rows in bytes: 128 for 0, and 127 steps to a row's largest number. */
function quantized(rows: Float32Array, columns: number): Uint8Array {
  const bytes = new Uint8Array(rows.length);
  for (let start = 0; start < rows.length; start += columns) {
    const row = rows.subarray(start, start + columns);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    for (let i = 0; i < columns; i++) bytes[start + i] = 128 + Math.round((127 * row[i]!) / largest);
  }
  return bytes;
}

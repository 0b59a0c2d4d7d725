// What a trained network leaves in its run folder: predictions, the model in two formats, and what the site draws.

import { join } from 'node:path';
import type { BatchSource } from '@sightline/data';
import { encodeNpy, type RunWriter, readRun, writeFileAtomic } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ModelError } from '../error.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { perClass, predictionRows } from '../evaluate/predictions.ts';
import { firstKernels } from '../inspect/first-kernels.ts';
import { layerTable } from '../inspect/layer-table.ts';
import type { Report } from '../metrics/report.ts';
import { checkOnnx } from '../onnx/check.ts';
import { exportOnnx } from '../onnx/export.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { saveModel } from '../save/tfjs.ts';
import type { Experiment } from './experiment.ts';
import { given } from './given.ts';
import { modelCard } from './model-card.ts';

/** Writes predictions, model/, model.onnx and artifacts; gives a note for what could not be written. */
export async function writeResults(
  model: tfl.LayersModel,
  { input = 'images', imageSize = [64, 64], interpolation, fit }: Experiment,
  validation: BatchSource,
  evaluation: Evaluation,
  writer: RunWriter,
  paths: readonly string[],
): Promise<string[]> {
  const { classes } = validation;
  const { probabilities, units, labels } = evaluation;
  const metadata: ModelMetadata = {
    classes: [...classes],
    input,
    imageSize: [imageSize[0], imageSize[1]],
    ...given({ interpolation, fit }),
  };
  writer.writePredictions(predictionRows(paths, labels, probabilities, units, classes));
  await saveModel(model, join(writer.dir, 'model'), metadata);
  writer.writeArtifact('layers.json', layerTable(model));
  const kernels = firstKernels(model);
  if (kernels) writer.writeArtifact('kernels.npy', encodeNpy(kernels));
  const notes: string[] = [];
  try {
    writeFileAtomic(
      join(writer.dir, 'model.onnx'),
      await exportChecked(model, metadata, validation, evaluation),
    );
  } catch (error) {
    if (!(error instanceof ModelError && error.code === 'unsupported-layer')) throw error;
    notes.push(`No model.onnx was written: ${error.message}`);
  }
  return notes;
}

/** The model card, which says what run.json says. */
export function writeCard(dir: string, report: Report): void {
  writeFileAtomic(join(dir, 'artifacts', 'model-card.md'), modelCard(readRun(dir).run, report));
}

/** The exported model, once ONNX Runtime has given the first validation rows the probabilities they have. */
async function exportChecked(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  validation: BatchSource,
  { probabilities, units }: Evaluation,
): Promise<Uint8Array> {
  const bytes = exportOnnx(model, metadata);
  const classes = metadata.classes.length;
  const all = perClass(probabilities, units);
  for await (const { x, shape, size, indices } of validation.batches(0)) {
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    const values = x.subarray(0, size * width);
    const rows =
      metadata.input === 'images' ? Uint8Array.from(values, (v) => Math.round(v * 255)) : values.slice();
    const expected = new Float32Array(size * classes);
    for (let row = 0; row < size; row++) {
      const from = indices[row]! * classes;
      expected.set(all.subarray(from, from + classes), row * classes);
    }
    await checkOnnx(bytes, rows, shape, expected);
    break;
  }
  return bytes;
}

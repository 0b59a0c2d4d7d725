// What a trained network leaves in its run folder: predictions, the model in two formats, and what the site plots.

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import { type ClassificationMetrics, predictionRows } from '@sightline/metrics';
import { encodeNpy, type RunWriter, readRun, writeFileAtomic } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { firstKernels } from '../inspect/first-kernels.ts';
import { layerTable } from '../inspect/layer-table.ts';
import { exportChecked } from '../onnx/export-checked.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { saveModel } from '../save/tfjs.ts';
import type { Experiment } from './experiment.ts';
import { modelCard } from './model-card.ts';

/** Writes predictions, model/, model.onnx and artifacts; returns a note for what could not be written. */
export async function writeResults(
  model: tfl.LayersModel,
  { backbone, imageSize, interpolation, fit }: Experiment,
  validation: BatchSource,
  evaluation: Evaluation,
  writer: RunWriter,
  paths: readonly string[],
): Promise<string[]> {
  const { classes } = validation;
  const { probabilities, units, labels } = evaluation;
  const metadata: ModelMetadata = {
    classes: [...classes],
    input: backbone === null ? 'images' : 'vgg16-features',
    imageSize: [...imageSize],
    interpolation,
    fit,
  };
  writer.writePredictions(predictionRows(paths, labels, probabilities, units, classes));
  await saveModel(model, join(writer.dir, 'model'), metadata);
  writer.writeArtifact('layers.json', layerTable(model));
  const kernels = firstKernels(model);
  if (kernels) writer.writeArtifact('kernels.npy', encodeNpy(kernels));
  const notes: string[] = [];
  try {
    const { bytes } = await exportChecked(model, metadata, validation, evaluation);
    writeFileAtomic(join(writer.dir, 'model.onnx'), bytes);
  } catch (error) {
    if (!(error instanceof SightlineError && error.code === 'unsupported-layer')) throw error;
    notes.push(`No model.onnx was written: ${error.message}`);
  }
  return notes;
}

/** The model card, which says what run.json says. */
export function writeCard(dir: string, metrics: ClassificationMetrics): void {
  writeFileAtomic(join(dir, 'artifacts', 'model-card.md'), modelCard(readRun(dir).run, metrics));
}

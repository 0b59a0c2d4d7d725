// What a trained network leaves in its run folder: predictions, the model in two formats, and what the site plots.

import { join } from 'node:path';
import type { Backbone } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import { type ClassificationMetrics, perClass, predictionRows } from '@sightline/metrics';
import { encodeNpy, type RunWriter, readRun, writeFileAtomic } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { firstKernels } from '../inspect/first-kernels.ts';
import { layerTable } from '../inspect/layer-table.ts';
import { type CheckedImages, exportChecked, firstImages } from '../onnx/export-checked.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { saveModel } from '../save/tfjs.ts';
import type { Experiment } from './experiment.ts';
import type { Measured } from './measure.ts';
import { modelCard } from './model-card.ts';

/** The backbone of a run on features, with the pixels of its first validation images, to check the exported model on. */
export interface RunBackbone {
  readonly network: Backbone;
  /** uint8 (count, height, width, 3), RGB, resized as those that the features are of. */
  readonly pixels: Uint8Array;
}

/** Writes predictions, model/, model.onnx and artifacts; returns a note for what could not be written. */
export async function writeResults(
  model: tfl.LayersModel,
  { backbone, imageSize, interpolation, fit }: Experiment,
  validation: BatchSource,
  { evaluation, single }: Pick<Measured, 'evaluation' | 'single'>,
  writer: RunWriter,
  paths: readonly string[],
  source?: RunBackbone,
): Promise<string[]> {
  const { classes } = validation;
  const { probabilities, units, labels } = evaluation;
  const metadata: ModelMetadata = {
    classes: [...classes],
    ...(backbone === null ? {} : { backbone }),
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
    const images = await imagesToCheck(metadata, validation, single, source);
    if (images === undefined) return notes;
    const { bytes } = await exportChecked(model, metadata, images, { backbone: source?.network });
    writeFileAtomic(join(writer.dir, 'model.onnx'), bytes);
  } catch (error) {
    if (!(error instanceof SightlineError && error.code === 'unsupported-layer')) throw error;
    notes.push(`No model.onnx was written: ${error.message}`);
  }
  return notes;
}

/** Images whose exported probabilities must be the network's; undefined for a run on features without its backbone. */
async function imagesToCheck(
  metadata: ModelMetadata,
  validation: BatchSource,
  evaluation: Evaluation,
  backbone: RunBackbone | undefined,
): Promise<CheckedImages | undefined> {
  if (metadata.backbone === undefined) return firstImages(validation, evaluation);
  if (backbone === undefined) return undefined;
  const [height, width] = metadata.imageSize;
  const count = backbone.pixels.length / (height * width * 3);
  const all = perClass(evaluation.probabilities, evaluation.units);
  return { pixels: backbone.pixels, probabilities: all.slice(0, count * metadata.classes.length) };
}

/** The model card, which says what run.json says. */
export function writeCard(dir: string, metrics: ClassificationMetrics): void {
  writeFileAtomic(join(dir, 'artifacts', 'model-card.md'), modelCard(readRun(dir).run, metrics));
}

// An exported model in fewer bits: float16 weights, or 8 bits with the ranges of activations on some images.

import {
  activationsToObserve,
  encodeModel,
  halfWeights,
  type Model,
  quantize,
  type Range,
  type Ranges,
  withRangeOutputs,
} from '@sightline/onnx';
import type { ModelMetadata } from '../save/metadata.ts';
import { runImages } from './run-images.ts';

/**
 * `fp32`: as trained. `fp16`: weights in half the bytes, cast to float32 when the model is loaded. `int8`: convolutions in
 * 8 bits, other weights as in fp16.
 */
export const EXPORT_PRECISIONS = ['fp32', 'fp16', 'int8'] as const;
export type ExportPrecision = (typeof EXPORT_PRECISIONS)[number];

/** Images that run at once: all activations of all of them are kept meanwhile. */
const BATCH = 8;

/** @param calibration uint8 images (count, height, width, 3) like those that the model will see; for int8 */
export async function inPrecision(
  model: Model,
  precision: ExportPrecision,
  metadata: ModelMetadata,
  calibration: Uint8Array,
): Promise<Model> {
  if (precision === 'fp32') return model;
  if (precision === 'fp16') return halfWeights(model);
  return halfWeights(quantize(model, await rangesOf(model, metadata, calibration)));
}

/** The smallest and largest value of each activation. (Narrower ranges, which cut extremes, gave larger errors.) */
async function rangesOf(model: Model, metadata: ModelMetadata, pixels: Uint8Array): Promise<Ranges> {
  const names = activationsToObserve(model);
  const ranges = new Map<string, Range>();
  const bytes = encodeModel(withRangeOutputs(model, names));
  const outputs = names.flatMap((name) => [`low/${name}`, `high/${name}`]);
  for await (const bounds of runImages(bytes, metadata, pixels, BATCH, outputs)) {
    names.forEach((name, i) => {
      const [low, high] = ranges.get(name) ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      ranges.set(name, [Math.min(low, bounds[2 * i]![0]!), Math.max(high, bounds[2 * i + 1]![0]!)]);
    });
  }
  return Object.fromEntries(ranges);
}

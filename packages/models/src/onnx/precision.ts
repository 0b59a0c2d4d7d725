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
export function inPrecision(
  model: Model,
  precision: ExportPrecision,
  { imageSize }: Pick<ModelMetadata, 'imageSize'>,
  calibration: Uint8Array,
): Model {
  if (precision === 'fp32') return model;
  return halfWeights(precision === 'fp16' ? model : quantize(model, rangesOf(model, imageSize, calibration)));
}

/** The smallest and largest value of each activation. (Narrower ranges, which cut extremes, gave larger errors.) */
function rangesOf(model: Model, imageSize: ModelMetadata['imageSize'], pixels: Uint8Array): Ranges {
  const names = activationsToObserve(model);
  const ranges = new Map<string, Range>();
  const bytes = encodeModel(withRangeOutputs(model, names));
  for (const outputs of runImages(bytes, imageSize, pixels, BATCH)) {
    const bound = (name: string) => (outputs[name]!.data as Float32Array)[0]!;
    for (const name of names) {
      const [low, high] = ranges.get(name) ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      ranges.set(name, [Math.min(low, bound(`low/${name}`)), Math.max(high, bound(`high/${name}`))]);
    }
  }
  return Object.fromEntries(ranges);
}

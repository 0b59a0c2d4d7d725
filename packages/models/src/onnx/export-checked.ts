/** An exported model that is known to predict what the network predicts. */

import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import { perClass, predictedClasses } from '@sightline/metrics';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { type ExportOptions, exportOnnx } from './export.ts';
import type { ExportPrecision } from './precision.ts';
import { runImages } from './run-images.ts';

/**
 * The largest difference that exporting may make to a probability. The two runtimes add the same float32 numbers in
 * other orders: 1e-5 is usual, ten times that is no longer rounding.
 */
const TOLERANCE = 1e-4;
/** Features come from other algorithms than the exported nodes (Winograd, larger batches), and heads amplify them. */
const BACKBONE_TOLERANCE = 1e-3;
/** Weights are rounded to 2^-11 of themselves: logits up to 10 move by some 0.01, and probabilities by a quarter of it. */
const HALF_TOLERANCE = 1e-2;
/**
 * In 8 bits single probabilities may move far, where two classes are close: what counts is the share of images that are
 * right. Eight-bit networks lose a point or less; five, and more than three images, are a fault.
 */
const LARGEST_LOSS = 0.05;
const FEWEST_LOST = 3;

/** Images that run at once. */
const BATCH = 32;

/** Images and the network's own probabilities of them. */
export interface CheckedImages {
  /** uint8 (count, height, width, 3), RGB. */
  readonly pixels: Uint8Array;
  /** (count, classes). */
  readonly probabilities: Float32Array;
  /** The class index of each image, for the accuracy. Default: what the network predicts. */
  readonly labels?: Int32Array | undefined;
}

/** How an exported file compares with the network. */
export interface ExportCheck {
  /** The largest difference of a probability. */
  readonly difference: number;
  /** The share of the images that are right, by the network and by the file. */
  readonly accuracy: { readonly network: number; readonly file: number };
}

/**
 * A network as ONNX, once ONNX Runtime has predicted some images as the network has.
 *
 * @throws SightlineError `export-differs` if a probability differs by more than rounding, or in int8 if too many images
 *   that the network has right are wrong; as `exportOnnx`
 */
export async function exportChecked(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  images: CheckedImages,
  options: ExportOptions = {},
): Promise<{ readonly bytes: Uint8Array } & ExportCheck> {
  const bytes = await exportOnnx(model, metadata, {
    ...options,
    calibration: options.calibration ?? images.pixels,
  });
  return { bytes, ...(await checkOnnx(bytes, metadata, images, options.precision)) };
}

/** Compares an exported model's probabilities with those expected; throws as `exportChecked`. */
export async function checkOnnx(
  bytes: Uint8Array,
  metadata: ModelMetadata,
  { pixels, probabilities, labels }: CheckedImages,
  precision: ExportPrecision = 'fp32',
): Promise<ExportCheck> {
  const { backbone, classes } = metadata;
  const found: number[] = [];
  for await (const [rows] of runImages(bytes, metadata, pixels, BATCH, ['probabilities']))
    found.push(...rows!);
  let difference = found.length === probabilities.length ? 0 : Number.POSITIVE_INFINITY;
  found.forEach((p, i) => {
    difference = Math.max(difference, Math.abs(p - probabilities[i]!));
  });
  const predicted = predictedClasses(probabilities, classes.length);
  const rightOf = (rows: Int32Array) => rows.filter((k, row) => k === (labels ?? predicted)[row]).length;
  const [right, rightInFile] = [
    rightOf(predicted),
    rightOf(predictedClasses(Float32Array.from(found), classes.length)),
  ];
  const count = predicted.length;
  const lost = right - rightInFile;
  if (precision === 'int8' && lost > Math.max(FEWEST_LOST, LARGEST_LOSS * count)) {
    throw new SightlineError(
      'export-differs',
      `In 8 bits the model has ${lost} fewer of ${count} images right. Export it in fp16, or calibrate on other images with --data.`,
    );
  }
  const allowed =
    precision === 'fp16' ? HALF_TOLERANCE : backbone === undefined ? TOLERANCE : BACKBONE_TOLERANCE;
  if (precision !== 'int8' && !(difference <= allowed)) {
    throw new SightlineError(
      'export-differs',
      `The exported ONNX model differs from the trained one by ${difference} in a probability, where ${allowed} is allowed. Keep the TensorFlow.js model and report this network.`,
    );
  }
  return { difference, accuracy: { network: right / count, file: rightInFile / count } };
}

/** The first batch of images of a source (pixel values from 0 to 1), as bytes, with the network's probabilities of them. */
export async function firstImages(
  source: BatchSource,
  { probabilities, units }: Pick<Evaluation, 'probabilities' | 'units'>,
): Promise<CheckedImages> {
  const { classes } = source;
  const all = perClass(probabilities, units);
  for await (const { x, shape, size, indices } of source.batches(0)) {
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    const expected = new Float32Array(size * classes.length);
    for (let row = 0; row < size; row++) {
      const from = indices[row]! * classes.length;
      expected.set(all.subarray(from, from + classes.length), row * classes.length);
    }
    return {
      pixels: Uint8Array.from(x.subarray(0, size * width), (v) => Math.round(v * 255)),
      probabilities: expected,
    };
  }
  throw new SightlineError('empty', 'There are no images to check an exported model on.');
}

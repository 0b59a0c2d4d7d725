/** An exported model that is known to predict what the network predicts. */

import type { Backbone } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import { perClass } from '@sightline/metrics';
import { Session, tensorOf } from '@sightline/ort';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { exportOnnx } from './export.ts';

/**
 * The largest difference that exporting may make to a probability. The two runtimes add the same float32 numbers in
 * other orders: 1e-5 is usual, ten times that is no longer rounding.
 */
const TOLERANCE = 1e-4;
/** Features come from other algorithms than the exported nodes (Winograd, larger batches), and heads amplify them. */
const BACKBONE_TOLERANCE = 1e-3;

/** Images and the network's own probabilities of them. */
export interface CheckedImages {
  /** uint8 (count, height, width, 3), RGB. */
  readonly pixels: Uint8Array;
  /** (count, classes). */
  readonly probabilities: Float32Array;
}

/**
 * A network as ONNX, once ONNX Runtime has given some images the probabilities that the network has given them; and the
 * largest difference.
 *
 * @param backbone the one that `metadata` names, loaded
 * @throws SightlineError `export-differs` if a probability differs by more than rounding; as `exportOnnx`
 */
export function exportChecked(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  images: CheckedImages,
  backbone?: Backbone,
): { readonly bytes: Uint8Array; readonly difference: number } {
  const bytes = exportOnnx(model, metadata, backbone);
  return { bytes, difference: checkOnnx(bytes, metadata, images) };
}

/** The largest difference between an exported model's probabilities and those expected; throws as `exportChecked`. */
export function checkOnnx(
  bytes: Uint8Array,
  { imageSize, backbone }: ModelMetadata,
  { pixels, probabilities }: CheckedImages,
): number {
  const shape = [pixels.length / (imageSize[0] * imageSize[1] * 3), ...imageSize, 3];
  const session = new Session(bytes, { provider: 'cpu' });
  try {
    const found = session.run({ image: tensorOf(pixels, 'uint8', shape) }).probabilities!
      .data as Float32Array;
    let worst = found.length === probabilities.length ? 0 : Number.POSITIVE_INFINITY;
    found.forEach((p, i) => {
      worst = Math.max(worst, Math.abs(p - probabilities[i]!));
    });
    const allowed = backbone === undefined ? TOLERANCE : BACKBONE_TOLERANCE;
    if (!(worst <= allowed)) {
      throw new SightlineError(
        'export-differs',
        `The exported ONNX model differs from the trained one by ${worst} in a probability, where ${allowed} is allowed. Keep the TensorFlow.js model and report this network.`,
      );
    }
    return worst;
  } finally {
    session.dispose();
  }
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

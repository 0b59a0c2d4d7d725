// An exported model run by ONNX Runtime itself, beside the model that it came from.

import { SightlineError } from '@sightline/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * The largest difference that exporting may make to a probability. The two runtimes add the same float32 numbers in
 * other orders: 1e-5 is usual, ten times that is no longer rounding.
 */
const TOLERANCE = 1e-4;

/**
 * Runs an exported model on `rows` (uint8 images, or float32 features, `shape` with the batch first) and compares
 * with (n, classes) `probabilities` of the model itself. Gives the largest difference; throws SightlineError
 * 'export-differs' where it is over 1e-4.
 */
export async function checkOnnx(
  bytes: Uint8Array,
  rows: Uint8Array | Float32Array,
  shape: readonly number[],
  probabilities: Float32Array,
): Promise<number> {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'all' });
  try {
    const input = new Tensor(rows instanceof Uint8Array ? 'uint8' : 'float32', rows, shape);
    const results = await session.run({ [session.inputNames[0]!]: input });
    const got = results.probabilities!.data as Float32Array;
    let worst = got.length === probabilities.length ? 0 : Number.POSITIVE_INFINITY;
    got.forEach((p, i) => {
      worst = Math.max(worst, Math.abs(p - probabilities[i]!));
    });
    if (!(worst <= TOLERANCE)) {
      throw new SightlineError(
        'export-differs',
        `The exported ONNX model differs from the trained one: by ${worst} in a probability, where ${TOLERANCE} is allowed. Keep the TensorFlow.js model and report this network.`,
      );
    }
    return worst;
  } finally {
    await session.release();
  }
}

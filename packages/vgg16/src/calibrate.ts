// Finds the ranges of activations for `int8` by running some images in float32.

import { SightlineError } from '@sightline/core';
import { Tensor } from 'onnxruntime-node';
import { IMAGE_CHANNELS } from './architecture.ts';
import type { Calibration } from './graph/int8.ts';
import { calibrationGraph } from './graph/vgg16-graph.ts';
import { openFirst } from './providers.ts';
import { loadWeights } from './weights.ts';

export interface CalibrationOptions {
  /** As for `createVgg16`. */
  readonly weights?: string;
  readonly inputSize: readonly [number, number];
}

/** Images that run at once: all activations of all of them are kept meanwhile. */
const BATCH = 8;

/**
 * The ranges of each layer's activations: the largest ones over some images, a few dozen of those that the network
 * will see. (Narrower ranges, which cut the largest values and have finer steps for the others, gave larger errors.)
 *
 * @param images `count` images (count, height, width, 3), RGB, 0 to 255
 * @throws SightlineError `weights`, or `input` where the bytes are not as many
 */
export async function calibrate(
  images: Uint8Array,
  count: number,
  { weights = 'embedded', inputSize }: CalibrationOptions,
): Promise<Calibration> {
  const [height, width] = inputSize;
  const size = height * width * IMAGE_CHANNELS;
  if (count < 1 || images.length !== count * size) {
    throw new SightlineError(
      'input',
      `Calibration needs 1 or more images of ${height}x${width} RGB, ${size} bytes each, but got ${images.length} bytes for ${count}.`,
    );
  }
  const model = calibrationGraph(await loadWeights(weights, 'none'), inputSize);
  const { session } = await openFirst(['cpu'], () => model);
  const ranges: Record<string, number> = Object.fromEntries(session.outputNames.map((name) => [name, 0]));
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(start + BATCH, count);
    const batch = images.subarray(start * size, end * size);
    const image = new Tensor('uint8', batch, [end - start, height, width, IMAGE_CHANNELS]);
    for (const [name, { data }] of Object.entries(await session.run({ image }))) {
      ranges[name] = Math.max(ranges[name]!, ...(data as Float32Array));
    }
  }
  await session.release();
  return { ranges };
}

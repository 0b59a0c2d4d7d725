/** Measures the ranges of activations that 8 bits must hold, by running some images in float32. */

import { SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import type { Backbone, Ranges, Size } from './backbone.ts';
import { checkImages } from './open.ts';
import { CHANNELS } from './table.ts';

/** Images that run at once: all activations of all of them are kept meanwhile. */
const BATCH = 8;

/**
 * The smallest and largest value of each activation over some images: a few dozen of those that the network will see.
 * (Narrower ranges, which cut the extremes and have finer steps for the rest, gave larger errors.)
 *
 * @param images `count` images (count, height, width, 3), RGB, 0 to 255
 * @throws SightlineError `input` if there are no images or the number of bytes does not fit
 */
export async function calibrate(
  backbone: Backbone,
  images: Uint8Array,
  count: number,
  { imageSize = backbone.imageSize, signal }: { imageSize?: Size; signal?: AbortSignal } = {},
): Promise<Ranges> {
  if (count < 1) throw new SightlineError('input', 'Calibration needs one or more images, but got none.');
  const size = checkImages(images, count, imageSize);
  const session = new Session(encodeModel(rangesGraph(backbone, imageSize)), { provider: 'cpu' });
  const ranges: Record<string, [low: number, high: number]> = {};
  try {
    for (let start = 0; start < count; start += BATCH) {
      signal?.throwIfAborted();
      const end = Math.min(start + BATCH, count);
      const batch = images.subarray(start * size, end * size);
      const image = tensorOf(batch, 'uint8', [end - start, ...imageSize, CHANNELS]);
      for (const [output, { data }] of Object.entries(await session.runAsync({ image }))) {
        const [name, bound] = output.split('|') as [string, 'low' | 'high'];
        ranges[name] ??= [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        const values = data as Float32Array;
        if (bound === 'low') ranges[name][0] = Math.min(ranges[name][0], ...values);
        else ranges[name][1] = Math.max(ranges[name][1], ...values);
      }
    }
  } finally {
    session.dispose();
  }
  return ranges;
}

/** Input `image`; for each activation the outputs `<name>|low` and `<name>|high` (N). */
function rangesGraph(backbone: Backbone, imageSize: Size) {
  const g = new GraphBuilder(`${backbone.name}-ranges`);
  backbone.append(g, g.input('image', 'uint8', ['N', ...imageSize, CHANNELS]), {
    observe(name, activation) {
      g.output(`${name}|low`, op.reduceMin(g, activation, [1, 2, 3]));
      g.output(`${name}|high`, op.reduceMax(g, activation, [1, 2, 3]));
    },
  });
  return g.build();
}

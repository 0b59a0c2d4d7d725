/** A fine-tuned network on images that it has not seen. */

import { type Backbone, openBackbone, type Size } from '@sightline/backbone';
import { arraySource, type BatchSource } from '@sightline/data';
import type { Engine } from '../engine/engine.ts';
import { type Evaluation, evaluate } from '../evaluate/evaluate.ts';
import { blockFeatures } from './block-features.ts';
import type { FineTuned } from './fine-tune.ts';

export interface EvaluateTunedOptions {
  readonly engine: Engine;
  readonly backbone: Backbone;
  /** Height and width of the images. */
  readonly imageSize: Size;
  readonly signal?: AbortSignal | undefined;
}

/** @param source images (height, width, 3) with pixel values from 0 to 255 */
export async function evaluateTuned(
  { model, upTo }: Pick<FineTuned, 'model' | 'upTo'>,
  source: BatchSource,
  { engine, backbone, imageSize, signal }: EvaluateTunedOptions,
): Promise<Evaluation> {
  const opened = await openBackbone(backbone, { imageSize, upTo });
  try {
    const features = await blockFeatures(source, opened, signal);
    const rows = arraySource(features, { batchSize: BATCH_SIZE, seed: 0, shuffle: false });
    return await evaluate(model, rows, { engine, signal });
  } finally {
    opened.release();
  }
}

const BATCH_SIZE = 32;

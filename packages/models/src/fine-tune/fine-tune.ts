/** Fine-tuning: the last blocks of a backbone trained from the solution of its classifier, kept where validation says so. */

import { type Backbone, openBackbone, type Size } from '@sightline/backbone';
import { isSightlineError } from '@sightline/core';
import { arraySource, type BatchSource } from '@sightline/data';
import type { EpochRecord } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { type Evaluation, evaluate } from '../evaluate/evaluate.ts';
import { backboneTail, type DenseHead } from '../networks/backbone-tail.ts';
import type { StepProgress } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { FitResult } from '../train/fit-options.ts';
import { readWeights, writeWeights } from '../train/state.ts';
import { blockFeatures, throughBackbone } from './block-features.ts';

/** How to fine-tune; see `fineTune` of an experiment. */
export interface FineTuneSettings {
  readonly blocks: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly layerDecay: number;
  readonly ema: number | null;
  readonly labelSmoothing: number;
  readonly classWeights: 'balanced' | readonly number[] | null;
  /** Whether `train` gives an image different pixels in each epoch; otherwise its features are computed once. */
  readonly isAugmented: boolean;
}

export interface FineTuneOptions {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly head: DenseHead;
  /** Height and width of the images. */
  readonly imageSize: Size;
  readonly settings: FineTuneSettings;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
}

export interface FineTuned {
  /** From the features after the block `upTo` to probabilities; with the head's solution where nothing was gained. */
  readonly model: tfl.LayersModel;
  readonly upTo: string;
  /** On the validation images, with the head's solution and with the best epoch's weights. */
  readonly before: Evaluation;
  readonly after: Evaluation;
  /** Whether fine-tuning was finished and better on validation, and is what `model` has. */
  readonly isKept: boolean;
  readonly training: FitResult;
}

/**
 * Fine-tunes a backbone. The blocks that do not train run as an inference graph; only the others go through the training
 * step, with AdamW, a one-cycle schedule, lower learning rates for earlier blocks and averaged weights.
 *
 * @param data sources of images (height, width, 3) with pixel values from 0 to 255
 * @throws SightlineError as `fit` and `openBackbone`; the signal's reason if it is aborted before training
 */
export async function fineTune(
  data: { readonly train: BatchSource; readonly validation: BatchSource },
  options: FineTuneOptions,
): Promise<FineTuned> {
  const { engine, backbone, head, imageSize, settings, seed, signal } = options;
  const { blocks, batchSize, isAugmented, learningRate, weightDecay, layerDecay } = settings;
  const { model, upTo, depths } = backboneTail(backbone, imageSize, blocks, head);
  const opened = await openBackbone(backbone, { imageSize, upTo });
  try {
    const inMemory = async (source: BatchSource, shuffle: boolean) =>
      arraySource(await blockFeatures(source, opened, signal), { batchSize, seed, shuffle });
    const validation = await inMemory(data.validation, false);
    const train = isAugmented ? throughBackbone(data.train, opened) : await inMemory(data.train, true);
    const start = readWeights(model);
    const before = await evaluate(model, validation, { engine, signal });
    const training = await fitOrDiverge(
      model,
      { train, validation },
      {
        ...settings,
        engine,
        optimizer: { name: 'adamw', learningRate, weightDecay },
        schedule: { name: 'one-cycle' },
        layerDecay: 1,
        layerRate: (layer) => layerDecay ** depths.get(layer)!,
        monitor: 'valLoss',
        keep: 'best',
        signal,
        onStep: options.onStep,
        onEpoch: options.onEpoch,
      },
    );
    const after = await evaluate(model, validation, { engine });
    const isKept = training.status === 'complete' && isBetter(after, before);
    if (!isKept) writeWeights(model, start);
    return { model, upTo, before, after, isKept, training };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    opened.release();
  }
}

/** As `fit`; a training that diverges in its first epoch is one without epochs. */
async function fitOrDiverge(...[model, data, options]: Parameters<typeof fit>): Promise<FitResult> {
  try {
    return await fit(model, data, options);
  } catch (error) {
    if (!isSightlineError(error, 'diverged')) throw error;
    return { status: 'diverged', history: [], best: undefined, stopped: error.message };
  }
}

/** More images right, or as many with a lower loss. */
const isBetter = (one: Evaluation, other: Evaluation): boolean =>
  one.accuracy === other.accuracy ? one.loss < other.loss : one.accuracy > other.accuracy;

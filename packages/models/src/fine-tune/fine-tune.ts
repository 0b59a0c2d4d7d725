/** Fine-tuning: the last blocks of a backbone trained from the solution of its classifier, kept where validation says so. */

import { type Backbone, openBackbone, type Size } from '@sightline/backbone';
import { isSightlineError } from '@sightline/core';
import { arraySource, type BatchSource } from '@sightline/data';
import { perClass } from '@sightline/metrics';
import type { EpochRecord } from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { type Evaluation, evaluate, evaluationOf } from '../evaluate/evaluate.ts';
import { calibrate, probabilitiesOf } from '../head/temperature.ts';
import { backboneTail, type DenseHead, scaleClassifier } from '../networks/backbone-tail.ts';
import type { StepProgress } from '../train/callback.ts';
import { fit } from '../train/fit.ts';
import type { FitOptions, FitResult } from '../train/fit-options.ts';
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
  /** Ends training after the current step. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
  /** As in `fit`. */
  readonly checkpoint?: FitOptions['checkpoint'];
  readonly resume?: FitOptions['resume'];
}

export interface FineTuned {
  /** From the features after the block `upTo` to probabilities; with the head's solution where nothing was gained. */
  readonly model: tfl.LayersModel;
  readonly upTo: string;
  /** On the validation images, with the head's solution and with the averaged weights of the end. */
  readonly before: Evaluation;
  readonly after: Evaluation;
  /** Whether fine-tuning was finished and better on validation, and is what `model` has. */
  readonly isKept: boolean;
  readonly training: FitResult;
}

/** Steps after which a few hundred to a few thousand photographs gained no more, and the most epochs for fewer. */
const [STEPS, MOST_EPOCHS] = [200, 30];

/** Epochs that suit the number of training images. */
export const fineTuneEpochs = (images: number, batchSize: number): number =>
  Math.min(MOST_EPOCHS, Math.ceil(STEPS / Math.ceil(images / batchSize)));

/**
 * Fine-tunes a backbone. The blocks that do not train run as an inference graph; only the others go through the training
 * step, with AdamW, a one-cycle schedule, lower learning rates for earlier blocks and averaged weights. What is kept are
 * the averages at the end, not the best epoch's: validation images choose nothing but whether they are kept, and one
 * number, the temperature of the probabilities, which smoothed labels make too low.
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
        keep: 'last',
        signal,
        onStep: options.onStep,
        onEpoch: options.onEpoch,
        ...(options.checkpoint ? { checkpoint: options.checkpoint } : {}),
        resume: options.resume,
      },
    );
    const isComplete = training.status === 'complete';
    const after = isComplete ? calibrated(model, await evaluate(model, validation, { engine })) : before;
    const isKept = isComplete && isBetter(after, before);
    if (!isKept) writeWeights(model, start);
    return { model, upTo, before, after, isKept, training };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    opened.release();
  }
}

/** Divides a classifier's logits by the temperature of least loss; its evaluation with it. */
function calibrated(model: tfl.LayersModel, { probabilities, units, labels }: Evaluation): Evaluation {
  const classes = Math.max(units, 2);
  // A softmax is the same of logits and of their log probabilities.
  const logits = perClass(probabilities, units).map((p) => Math.log(Math.max(p, SMALLEST)));
  const { scale } = calibrate({ logits, labels, classes });
  scaleClassifier(model, scale);
  return evaluationOf(probabilitiesOf(logits, classes, scale), labels, classes);
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

/** The least probability that has a logarithm in float32. */
const SMALLEST = 1e-37;

/** More images right, or as many with a lower loss. */
const isBetter = (one: Evaluation, other: Evaluation): boolean =>
  one.accuracy === other.accuracy ? one.loss < other.loss : one.accuracy > other.accuracy;

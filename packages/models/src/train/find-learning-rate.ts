// A learning rate to begin with: raised from step to step until the loss goes up, it is good a while before that.
// Source: L. Smith, Cyclical Learning Rates for Training Neural Networks (2015), section 3.3.

import type { BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { batchTensors } from '../evaluate/batch-tensors.ts';
import { checkRandomLayers, checkSource } from '../evaluate/check-source.ts';
import { classifierOutputs } from '../evaluate/classifier-outputs.ts';
import { releaseStep } from '../evaluate/evaluate-step.ts';
import { SeededDropout } from '../networks/dropout.ts';
import { createOptimizer } from './optimizer.ts';
import type { OptimizerConfig } from './settings.ts';
import { readWeights, writeWeights } from './state.ts';
import { trainableVariables, trainStep } from './step.ts';

export interface RateFinderOptions {
  readonly engine: Engine;
  readonly optimizer: OptimizerConfig;
  /** The first and last learning rate, rising by equal factors. Default: 1e-5 and 1. */
  readonly from?: number;
  readonly to?: number;
  /** Default: 100. */
  readonly steps?: number;
  readonly signal?: AbortSignal;
}

export interface RateFinding {
  /** Each step's learning rate, and the loss smoothed over the steps before. */
  readonly curve: readonly { readonly learningRate: number; readonly loss: number }[];
  /** A tenth of the rate at the lowest loss, the first few steps left out. */
  readonly suggestion: number;
}

/** How much of the mean so far each step keeps. */
const SMOOTHING = 0.9;
/** The mean of fewer steps than this is of a few batches, which may be easy ones: its lowest loss says nothing yet. */
const SETTLED = Math.round(1 / (1 - SMOOTHING));
/** A smoothed loss this many times the lowest ends the search. */
const RISEN = 4;

/** Trains a few steps at rising learning rates, then puts the weights back as they were. */
export async function findLearningRate(
  model: tfl.LayersModel,
  source: BatchSource,
  options: RateFinderOptions,
): Promise<RateFinding> {
  const { engine, from = 1e-5, to = 1, steps = 100, signal } = options;
  const outputs = classifierOutputs(model);
  checkRandomLayers(model);
  checkSource(model, outputs.classes, source, 'given');
  const before = readWeights(model);
  const optimizer = createOptimizer(options.optimizer, trainableVariables(model));
  const train = trainStep(engine, model, outputs, optimizer, 0);
  const dropouts = model.layers.filter((layer) => layer instanceof SeededDropout);
  const curve: { learningRate: number; loss: number }[] = [];
  let [mean, lowest] = [0, Number.POSITIVE_INFINITY];
  try {
    search: for (let epoch = 1; ; epoch++) {
      for await (const batch of source.batches(epoch)) {
        const step = curve.length;
        signal?.throwIfAborted();
        const learningRate = from * (to / from) ** (step / Math.max(steps - 1, 1));
        const scalar = tf.scalar(learningRate);
        optimizer.learningRate.assign(scalar);
        for (const dropout of dropouts) dropout.sample(step, source.batchSize);
        const inputs = batchTensors(batch);
        const results = train(...inputs);
        const loss = results[0]!.dataSync()[0]!;
        tf.dispose([scalar, ...inputs, ...results]);
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
        const smoothed = mean / (1 - SMOOTHING ** (step + 1));
        if (!Number.isFinite(smoothed)) break search;
        curve.push({ learningRate, loss: smoothed });
        if (step >= SETTLED) lowest = Math.min(lowest, smoothed);
        if (curve.length >= steps || smoothed > RISEN * lowest) break search;
      }
    }
  } finally {
    writeWeights(model, before);
    releaseStep(train);
    optimizer.dispose();
  }
  const best = curve.findLast(({ loss }) => loss === lowest);
  return { curve, suggestion: Number(((best?.learningRate ?? from) / 10).toPrecision(2)) };
}

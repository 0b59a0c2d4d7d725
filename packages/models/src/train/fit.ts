// The training loop: epochs of compiled steps, validation after each, callbacks, checkpoints, interruption.

import { setImmediate } from 'node:timers/promises';
import type { Batch, BatchSource } from '@sightline/data';
import type { EpochRecord } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine.ts';
import { ModelError } from '../error.ts';
import { evaluateWith } from '../evaluate/evaluate.ts';
import { SeededDropout } from '../networks/dropout.ts';
import {
  type Callback,
  improves,
  type Monitor,
  type StepProgress,
  type TrainingControl,
} from './callback.ts';
import { classifierOutputs } from './classifier-outputs.ts';
import { createOptimizer, type OptimizerConfig } from './optimizer.ts';
import { rowWeights, type WeightOptions } from './row-weights.ts';
import { rateFactor, type Schedule } from './schedule.ts';
import { readSlots, readWeights, type TrainingState, writeSlots, writeWeights } from './state.ts';
import { evaluateStep, trainableVariables, trainStep } from './step.ts';

export interface FitOptions extends WeightOptions {
  readonly epochs: number;
  readonly engine: Engine;
  readonly optimizer: OptimizerConfig;
  readonly schedule?: Schedule;
  /** Moves targets towards uniform: 0.1 makes 1 a 0.95 of two classes. */
  readonly labelSmoothing?: number;
  readonly callbacks?: readonly Callback[];
  /** Which figure makes an epoch the best; validation accuracy unless given. */
  readonly monitor?: Monitor;
  /** Ends with the best epoch's weights instead of the last's. */
  readonly restoreBest?: boolean;
  readonly onStep?: (progress: StepProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void | Promise<void>;
  /** Called after each epoch, and before that for an epoch that is the best so far. */
  readonly checkpoint?: (name: 'best' | 'last', state: TrainingState) => void | Promise<void>;
  /** States of an earlier run of the same configuration: its last, and its best. */
  readonly resume?: { readonly last: TrainingState; readonly best?: TrainingState };
  /** Ends training after the current step. */
  readonly signal?: AbortSignal;
}

export interface FitResult {
  readonly status: 'complete' | 'interrupted' | 'diverged';
  readonly history: readonly EpochRecord[];
  /** The best epoch by `monitor`; undefined when none was finished. */
  readonly best: EpochRecord | undefined;
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
}

/** Layers whose random numbers TensorFlow.js draws outside of the graph: a compiled step would repeat them. */
const UNSEEDED_RANDOM = [
  'Dropout',
  'GaussianDropout',
  'GaussianNoise',
  'AlphaDropout',
  'SpatialDropout1D',
  'RandomWidth',
];

/**
 * Trains a classifier. The last layer decides the loss: a sigmoid unit binary, a softmax categorical cross-entropy.
 * A record's training figures are means over the epoch's rows, each taken before its step's update, and its
 * validation figures are taken after the epoch, as Keras does. A loss that is not finite puts the weights of the
 * last whole epoch back and ends with status 'diverged'. Throws ModelError for a network or data that do not fit.
 */
export async function fit(
  model: tfl.LayersModel,
  data: { train: BatchSource; validation: BatchSource },
  options: FitOptions,
): Promise<FitResult> {
  const { engine, epochs, callbacks = [], signal, monitor = 'valAccuracy' } = options;
  const outputs = classifierOutputs(model);
  checkFit(model, outputs.classes, data);
  const dropouts = model.layers.filter((layer) => layer instanceof SeededDropout);
  const weights = rowWeights(data.train.labels, outputs.classes, options);
  const optimizer = createOptimizer(options.optimizer, trainableVariables(model));
  const { labelSmoothing = 0 } = options;
  const train = trainStep(engine, model, outputs, optimizer, labelSmoothing);
  const validate = evaluateStep(engine, model, outputs, labelSmoothing);

  const history: EpochRecord[] = [];
  let [step, factor, rate] = [0, 1, options.optimizer.learningRate];
  let stopped: string | undefined;
  let best: TrainingState | undefined;
  let last: TrainingState | undefined;
  const control: TrainingControl = {
    stop(reason) {
      stopped ??= reason;
    },
    scaleRate(by) {
      factor *= by;
    },
    get learningRate() {
      return rate;
    },
  };
  const stateAfter = (epoch: number): TrainingState => ({
    epoch,
    step,
    weights: readWeights(model),
    optimizer: readSlots(optimizer),
    rateFactor: factor,
    history: [...history],
    callbacks: Object.fromEntries(callbacks.filter((c) => c.state).map((c) => [c.name, c.state!()])),
  });
  const setRate = (at: number) => {
    const wanted =
      options.optimizer.learningRate * factor * rateFactor(options.schedule ?? CONSTANT, at, epochs);
    if (wanted === rate) return;
    rate = wanted;
    const scalar = tf.scalar(rate);
    optimizer.learningRate.assign(scalar);
    scalar.dispose();
  };

  if (options.resume) {
    const state = options.resume.last;
    writeWeights(model, state.weights);
    writeSlots(optimizer, state.optimizer);
    history.push(...state.history);
    [step, factor, last, best] = [state.step, state.rateFactor, state, options.resume.best];
    for (const callback of callbacks) callback.restore?.(state.callbacks[callback.name]);
  }
  try {
    for (let epoch = history.length + 1; epoch <= epochs && !stopped; epoch++) {
      const started = performance.now();
      let [rows, lossSum, correct] = [0, 0, 0];
      for await (const batch of data.train.batches(epoch)) {
        // The step is synchronous: without this pause no signal and no worker's message would get through.
        await setImmediate();
        if (signal?.aborted) return finish('interrupted');
        setRate(epoch - 1 + rows / data.train.size);
        for (const dropout of dropouts) dropout.draw(step, batch.size);
        const [loss, right] = runStep(train, batch, weights);
        step++;
        if (!Number.isFinite(loss)) return diverged(epoch, loss);
        rows += batch.size;
        lossSum += loss * batch.size;
        correct += right;
        const progress = {
          epoch,
          epochs,
          rows,
          size: data.train.size,
          loss: lossSum / rows,
          accuracy: correct / rows,
        };
        options.onStep?.(progress);
        for (const callback of callbacks) callback.onStep?.(progress, control);
      }
      const validation = await evaluateWith(validate, outputs, data.validation);
      if (!Number.isFinite(validation.loss)) return diverged(epoch, validation.loss);
      const record: EpochRecord = {
        epoch,
        loss: lossSum / rows,
        accuracy: correct / rows,
        valLoss: validation.loss,
        valAccuracy: validation.accuracy,
        learningRate: rate,
        seconds: (performance.now() - started) / 1000,
      };
      history.push(record);
      for (const callback of callbacks) await callback.onEpoch?.(record, control);
      last = stateAfter(epoch);
      await options.onEpoch?.(record);
      if (!best || improves(monitor, record[monitor]!, best.history.at(-1)![monitor]!)) {
        best = last;
        await options.checkpoint?.('best', best);
      }
      await options.checkpoint?.('last', last);
    }
    if (options.restoreBest && best) writeWeights(model, best.weights);
    return finish('complete');
  } finally {
    optimizer.dispose();
  }

  function finish(status: FitResult['status']): FitResult {
    return { status, history, best: best?.history.at(-1), ...(stopped ? { stopped } : {}) };
  }

  function diverged(epoch: number, loss: number): FitResult {
    stopped = `The loss became ${loss} in epoch ${epoch}. Try a lower learning rate than ${rate}.`;
    if (!last) throw new ModelError('diverged', stopped);
    writeWeights(model, last.weights);
    return finish('diverged');
  }
}

const CONSTANT: Schedule = { name: 'constant' };

function runStep(
  train: ReturnType<typeof trainStep>,
  batch: Batch,
  weights: Float32Array | undefined,
): [loss: number, correct: number] {
  const x = tf.tensor(batch.x.subarray(0, tf.util.sizeFromShape(batch.shape)), batch.shape);
  const y = tf.tensor1d(batch.y.subarray(0, batch.size));
  const inputs: tf.Tensor1D[] = [y];
  if (weights)
    inputs.push(tf.tensor1d(Float32Array.from(batch.indices.subarray(0, batch.size), (i) => weights[i]!)));
  const results = train(x, ...(inputs as [tf.Tensor1D, tf.Tensor1D?]));
  const [loss, correct] = results.map((tensor) => tensor.dataSync()[0]!);
  tf.dispose([x, ...inputs, ...results]);
  return [loss!, correct!];
}

function checkFit(
  model: tfl.LayersModel,
  classes: number,
  data: { train: BatchSource; validation: BatchSource },
): void {
  const expected = model.inputs[0]!.shape.slice(1);
  for (const [split, source] of Object.entries(data)) {
    if (
      source.rowShape.length !== expected.length ||
      source.rowShape.some((d, i) => expected[i] && d !== expected[i])
    ) {
      throw new ModelError(
        'data',
        `The network takes ${expected.join('x')}, but the ${split} data are ${source.rowShape.join('x')}. Give both the same image size.`,
      );
    }
    if (source.classes.length !== classes) {
      throw new ModelError(
        'data',
        `The network tells ${classes} classes apart, but the ${split} data have ${source.classes.length}: ${source.classes.join(', ')}.`,
      );
    }
  }
  for (const layer of model.layers) {
    if (UNSEEDED_RANDOM.includes(layer.getClassName()) && !(layer instanceof SeededDropout)) {
      throw new ModelError(
        'network',
        `The layer ${layer.name} (${layer.getClassName()}) draws random numbers that no seed reaches. ${layer.getClassName() === 'Dropout' ? 'Pass the network through seedNetwork(model, seed) first.' : 'Use Dropout instead.'}`,
      );
    }
  }
}

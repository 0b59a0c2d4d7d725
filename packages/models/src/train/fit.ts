// The training loop: epochs of compiled steps, validation after each, callbacks, checkpoints, interruption.

import { setImmediate } from 'node:timers/promises';
import type { Batch, BatchSource } from '@sightline/data';
import type { EpochRecord } from '@sightline/runs';
import type { Engine } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ModelError } from '../error.ts';
import { evaluateWith } from '../evaluate/evaluate.ts';
import { SeededDropout } from '../networks/dropout.ts';
import { batchTensors } from './batch-tensors.ts';
import {
  type Callback,
  improves,
  type Monitor,
  type StepProgress,
  type TrainingControl,
} from './callback.ts';
import { checkRandomLayers, checkSource } from './check-source.ts';
import { classifierOutputs } from './classifier-outputs.ts';
import { createOptimizer, type OptimizerConfig } from './optimizer.ts';
import { type RowWeights, rowWeights, type WeightOptions } from './row-weights.ts';
import { rateFactor, type Schedule } from './schedule.ts';
import { readSlots, readWeights, type TrainingState, writeSlots, writeWeights } from './state.ts';
import { evaluateStep, releaseStep, trainableVariables, trainStep } from './step.ts';

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
  /** Ends training after the current step, with the weights of the last whole epoch. */
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
  checkRandomLayers(model);
  for (const [split, source] of Object.entries(data)) checkSource(model, outputs.classes, source, split);
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
    for (const callback of callbacks) {
      const saved = state.callbacks[callback.name];
      if (saved !== undefined) callback.restore?.(saved);
    }
  }
  for (const callback of callbacks) callback.onStart?.(control);
  try {
    for (let epoch = history.length + 1; epoch <= epochs && !stopped; epoch++) {
      const started = performance.now();
      let [rows, lossSum, correct] = [0, 0, 0];
      for await (const batch of data.train.batches(epoch)) {
        // The step is synchronous: without this pause no signal and no worker's message would get through.
        await setImmediate();
        if (signal?.aborted) {
          if (last) writeWeights(model, last.weights);
          return finish('interrupted');
        }
        setRate(epoch - 1 + rows / data.train.size);
        for (const dropout of dropouts) dropout.draw(step, data.train.batchSize);
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
    releaseStep(train);
    releaseStep(validate);
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
  weights: RowWeights | undefined,
): [loss: number, correct: number] {
  const [x, labels, ...others]: Parameters<typeof train> = batchTensors(batch);
  if (weights) others.push(tf.tensor1d(weights(batch)));
  const results = train(x, labels, ...others);
  const [loss, correct] = results.map((tensor) => tensor.dataSync()[0]!);
  tf.dispose([x, labels, others, results] as tf.TensorContainer);
  return [loss!, correct!];
}

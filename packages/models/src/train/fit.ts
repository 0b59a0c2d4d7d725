// The training loop: epochs of compiled steps, validation after each, callbacks, checkpoints, interruption.

import { setImmediate } from 'node:timers/promises';
import { SightlineError } from '@sightline/core';
import type { Batch, BatchSource } from '@sightline/data';
import type { EpochRecord } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { evaluateWith } from '../evaluate/evaluate.ts';
import { SeededDropout } from '../networks/dropout.ts';
import { batchTensors } from './batch-tensors.ts';
import { improves, type TrainingControl } from './callback.ts';
import { checkRandomLayers, checkSource } from './check-source.ts';
import { classifierOutputs } from './classifier-outputs.ts';
import type { FitOptions, FitResult } from './fit-options.ts';
import { createOptimizer } from './optimizer.ts';
import { type RowWeights, rowWeights } from './row-weights.ts';
import { rateFactor, type Schedule } from './schedule.ts';
import {
  type EpochPart,
  readSlots,
  readWeights,
  type TrainingState,
  writeSlots,
  writeWeights,
} from './state.ts';
import { evaluateStep, releaseStep, trainableVariables, trainStep } from './step.ts';

/**
 * Trains a classifier. The last layer decides the loss: a sigmoid unit binary, a softmax categorical cross-entropy.
 * A record's training figures are means over the epoch's rows, each taken before its step's update, and its
 * validation figures are taken after the epoch, as Keras does. A loss that is not finite puts the weights of the
 * last whole epoch back and ends with status 'diverged'. Throws SightlineError for a network or data that do not fit.
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
  const { best: bestBefore, last: lastBefore, midway } = options.resume ?? {};
  let [step, factor, rate] = [0, 1, options.optimizer.learningRate];
  let stopped: string | undefined;
  let [best, last] = [bestBefore, lastBefore];
  let part = newPart();
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
  const stateNow = (): TrainingState => ({
    epoch: history.length,
    step,
    weights: readWeights(model),
    optimizer: readSlots(optimizer),
    rateFactor: factor,
    history: [...history],
    callbacks: Object.fromEntries(callbacks.filter((c) => c.state).map((c) => [c.name, c.state!()])),
  });
  const rateAt = (epochsDone: number) =>
    options.optimizer.learningRate * factor * rateFactor(options.schedule ?? CONSTANT, epochsDone, epochs);
  const setRate = (wanted: number) => {
    if (wanted === rate) return;
    rate = wanted;
    const scalar = tf.scalar(rate);
    optimizer.learningRate.assign(scalar);
    scalar.dispose();
  };

  const before = midway ?? lastBefore;
  if (before) {
    writeWeights(model, before.weights);
    writeSlots(optimizer, before.optimizer);
    history.push(...before.history);
    ({ step, rateFactor: factor, stopped } = before);
    if (before.part) {
      part = { ...before.part };
      setRate(part.learningRate);
    }
    for (const callback of callbacks) {
      const saved = before.callbacks[callback.name];
      if (saved !== undefined) callback.restore?.(saved);
    }
  }
  for (const callback of callbacks) callback.onStart?.(control);
  try {
    // Where a callback stopped training inside an epoch, that epoch is still brought to its end.
    for (let epoch = history.length + 1; epoch <= epochs && (!stopped || part.batches); epoch++) {
      const started = performance.now() - part.seconds * 1000;
      const interrupted = async () => {
        part.seconds = (performance.now() - started) / 1000;
        return interruptedIn(part);
      };
      for await (const batch of data.train.batches(epoch, { from: part.batches })) {
        // The step is synchronous: without this pause no signal and no worker's message would get through.
        await setImmediate();
        if (signal?.aborted) return await interrupted();
        setRate(rateAt(epoch - 1 + part.rows / data.train.size));
        for (const dropout of dropouts) dropout.draw(step, data.train.batchSize);
        const [loss, right] = runStep(train, batch, weights);
        step++;
        if (!Number.isFinite(loss)) return await diverged(epoch, loss);
        part.batches++;
        part.rows += batch.size;
        part.lossSum += loss * batch.size;
        part.correct += right;
        part.learningRate = rate;
        const { rows, lossSum, correct } = part;
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
      const validation = await evaluateWith(validate, outputs, data.validation, signal).catch(ifNotAborted);
      if (!validation) return await interrupted();
      if (!Number.isFinite(validation.loss)) return await diverged(epoch, validation.loss);
      const record: EpochRecord = {
        epoch,
        loss: part.lossSum / part.rows,
        accuracy: part.correct / part.rows,
        valLoss: validation.loss,
        valAccuracy: validation.accuracy,
        learningRate: rate,
        seconds: (performance.now() - started) / 1000,
      };
      history.push(record);
      part = newPart();
      for (const callback of callbacks) await callback.onEpoch?.(record, control);
      last = stateNow();
      await options.onEpoch?.(record);
      if (!best || improves(monitor, record[monitor]!, best.history.at(-1)![monitor]!)) {
        best = last;
        await options.checkpoint?.('best', best);
      }
      await options.checkpoint?.('last', last);
    }
    if (options.restoreBest && best) writeWeights(model, best.weights);
    return await finish('complete');
  } finally {
    releaseStep(train);
    releaseStep(validate);
    optimizer.dispose();
  }

  async function finish(status: FitResult['status']): Promise<FitResult> {
    for (const callback of callbacks) await callback.onEnd?.();
    return { status, history, best: best?.history.at(-1), ...(stopped ? { stopped } : {}) };
  }

  async function interruptedIn(part: EpochPart): Promise<FitResult> {
    const isMidway = part.batches > 0;
    if (isMidway) {
      const state = stateNow();
      await options.checkpoint?.('midway', { ...state, part, ...(stopped ? { stopped } : {}) });
    }
    if (last) writeWeights(model, last.weights);
    return { ...(await finish('interrupted')), ...(isMidway ? { part } : {}) };
  }

  async function diverged(epoch: number, loss: number): Promise<FitResult> {
    stopped = `The loss became ${loss} in epoch ${epoch}. Try a lower learning rate than ${rate}.`;
    if (!last) throw new SightlineError('diverged', stopped);
    writeWeights(model, last.weights);
    return finish('diverged');
  }
}

const CONSTANT: Schedule = { name: 'constant' };

const newPart = (): EpochPart => ({
  batches: 0,
  rows: 0,
  lossSum: 0,
  correct: 0,
  seconds: 0,
  learningRate: 0,
});

function ifNotAborted(error: Error): undefined {
  if (error.name !== 'AbortError') throw error;
}

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

/** The training loop: epochs of compiled steps, validation after each, callbacks, checkpoints, interruption. */

import { setImmediate } from 'node:timers/promises';
import { SightlineError } from '@sightline/core';
import type { Batch, BatchSource } from '@sightline/data';
import type { EpochRecord } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { batchTensors } from '../evaluate/batch-tensors.ts';
import { type Evaluation, evaluateWith } from '../evaluate/evaluate.ts';
import { improves, type StepProgress } from './callback.ts';
import type { FitOptions, FitResult } from './fit-options.ts';
import { begin, newPart, type Progress, setRate, stateOf } from './progress.ts';
import { rateFactor } from './schedule.ts';
import { openTraining, type Training } from './training.ts';

/**
 * Trains a classifier. The last layer decides the loss: a sigmoid unit binary, a softmax categorical cross-entropy.
 * The training metrics of a record are means over the epoch's rows, each taken before its step's update, and the
 * validation metrics are taken after the epoch, as in Keras. A loss that is not finite puts the weights of the last whole
 * epoch back and ends with status 'diverged'. Throws SightlineError for a network or data that do not fit.
 */
export async function fit(
  model: tfl.LayersModel,
  data: { train: BatchSource; validation: BatchSource },
  options: FitOptions,
): Promise<FitResult> {
  const training = openTraining(model, data, options);
  try {
    const progress = begin(training);
    for (const callback of training.callbacks) callback.onStart?.(progress.control);
    while (isUnfinished(training, progress)) {
      const end = await runEpoch(training, progress);
      if (end === 'interrupted') return await interrupt(training, progress);
      if (end === 'diverged') return await diverge(training, progress);
    }
    return await complete(training, progress);
  } finally {
    training.release();
  }
}

/** If a callback stopped training inside an epoch, that epoch is still finished. */
const isUnfinished = ({ settings }: Training, { history, stopped, part }: Progress): boolean =>
  history.length < settings.epochs && (stopped === undefined || part.batches > 0);

type EpochEnd = 'done' | 'interrupted' | 'diverged';

/** Trains on what is left of the epoch, validates, and records it. */
async function runEpoch(training: Training, progress: Progress): Promise<EpochEnd> {
  const { data, options } = training;
  const { part } = progress;
  const started = performance.now() - part.seconds * 1000;
  const seconds = () => (performance.now() - started) / 1000;
  const epoch = progress.history.length + 1;
  for await (const batch of data.train.batches(epoch, { from: part.batches })) {
    // The step is synchronous: without this pause, no signal and no worker's message would get through.
    await setImmediate();
    if (options.signal?.aborted) {
      part.seconds = seconds();
      return 'interrupted';
    }
    if (!runStep(training, progress, batch)) return 'diverged';
    report(training, progress, epoch);
  }
  training.lookahead?.apply();
  const validation = await validate(training);
  if (!validation) {
    part.seconds = seconds();
    return 'interrupted';
  }
  if (!Number.isFinite(validation.loss)) {
    progress.badLoss = validation.loss;
    return 'diverged';
  }
  await endEpoch(training, progress, {
    epoch,
    loss: part.lossSum / part.rows,
    accuracy: part.correct / part.rows,
    valLoss: validation.loss,
    valAccuracy: validation.accuracy,
    learningRate: progress.learningRate,
    seconds: seconds(),
  });
  return 'done';
}

/** One step on a batch; false if its loss is not finite. */
function runStep(training: Training, progress: Progress, batch: Batch): boolean {
  const { settings, data, dropouts, rowWeights, train, stops, lookahead } = training;
  const { part } = progress;
  const { optimizer, schedule, epochs } = settings;
  const done = progress.history.length + part.rows / data.train.size;
  setRate(
    training,
    progress,
    optimizer.learningRate * progress.rateFactor * rateFactor(schedule, done, epochs),
  );
  stops.at(done);
  for (const dropout of dropouts) dropout.sample(progress.step, data.train.batchSize);
  const inputs: Parameters<typeof train> = batchTensors(batch);
  inputs[0] = training.imagesOfEpoch(inputs[0], progress.history.length);
  if (rowWeights) inputs.push(tf.tensor1d(rowWeights(batch)));
  const results = train(...inputs);
  const [loss, correct] = results.map((tensor) => tensor.dataSync()[0]!) as [number, number];
  tf.dispose([...inputs, ...results]);
  progress.step++;
  if (!Number.isFinite(loss)) {
    progress.badLoss = loss;
    return false;
  }
  part.batches++;
  part.rows += batch.size;
  part.lossSum += loss * batch.size;
  part.correct += correct;
  const whole = progress.history.length;
  lookahead?.afterStep(progress.step, whole, (whole + part.rows / data.train.size) / epochs);
  part.learningRate = progress.learningRate;
  return true;
}

function report(
  { settings, data, options, callbacks }: Training,
  { part, control }: Progress,
  epoch: number,
): void {
  const { rows, lossSum, correct } = part;
  const progress: StepProgress = {
    epoch,
    epochs: settings.epochs,
    rows,
    size: data.train.size,
    loss: lossSum / rows,
    accuracy: correct / rows,
  };
  options.onStep?.(progress);
  for (const callback of callbacks) callback.onStep?.(progress, control);
}

/** The evaluation of the validation rows with the weights that would be kept; undefined if it was aborted. */
async function validate(training: Training): Promise<Evaluation | undefined> {
  const { validate: step, outputs, data, options } = training;
  const restore = training.showAverages();
  try {
    return await evaluateWith(step, outputs, data.validation, options.signal);
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    return undefined;
  } finally {
    restore();
  }
}

async function endEpoch(training: Training, progress: Progress, record: EpochRecord): Promise<void> {
  const { options, callbacks, settings } = training;
  const { monitor } = settings;
  progress.history.push(record);
  progress.part = newPart();
  for (const callback of callbacks) await callback.onEpoch?.(record, progress.control);
  progress.last = stateOf(training, progress);
  await options.onEpoch?.(record);
  const best = progress.best?.history.at(-1);
  if (!best || improves(monitor, record[monitor]!, best[monitor]!)) {
    progress.best = progress.last;
    await options.checkpoint?.('best', progress.best);
  }
  await options.checkpoint?.('last', progress.last);
}

async function complete(training: Training, progress: Progress): Promise<FitResult> {
  training.putBack(training.settings.keep === 'best' ? progress.best : progress.last);
  return finish(training, progress, 'complete');
}

async function interrupt(training: Training, progress: Progress): Promise<FitResult> {
  const { part, stopped, last } = progress;
  const isMidway = part.batches > 0;
  if (isMidway) {
    const state = stateOf(training, progress);
    await training.options.checkpoint?.('midway', { ...state, part, ...(stopped ? { stopped } : {}) });
  }
  training.putBack(last);
  return { ...(await finish(training, progress, 'interrupted')), ...(isMidway ? { part } : {}) };
}

async function diverge(training: Training, progress: Progress): Promise<FitResult> {
  const { history, badLoss, learningRate, last } = progress;
  progress.stopped = `The loss became ${badLoss} in epoch ${history.length + 1}. Try a lower learning rate than ${learningRate}.`;
  if (!last) throw new SightlineError('diverged', progress.stopped);
  training.putBack(last);
  return finish(training, progress, 'diverged');
}

async function finish(
  { callbacks }: Training,
  { history, best, stopped }: Progress,
  status: FitResult['status'],
): Promise<FitResult> {
  for (const callback of callbacks) await callback.onEnd?.();
  return { status, history, best: best?.history.at(-1), ...(stopped ? { stopped } : {}) };
}

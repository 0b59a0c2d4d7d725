// What changes while a network is trained, and the state that a checkpoint holds of it.

import type { EpochRecord } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingControl } from './callback.ts';
import { isSlow } from './lookahead.ts';
import {
  type EpochPart,
  type NamedArray,
  readSlots,
  readWeights,
  type TrainingState,
  writeSlots,
  writeWeights,
} from './state.ts';
import type { Training } from './training.ts';

export interface Progress {
  /** Whole epochs. */
  readonly history: EpochRecord[];
  /** What is done of the epoch after those. */
  part: EpochPart;
  /** Steps done: numbers the dropout masks. */
  step: number;
  /** What callbacks multiply the learning rate by. */
  rateFactor: number;
  /** The learning rate of the last step. */
  learningRate: number;
  /** Why training is to end after the epoch under way. */
  stopped: string | undefined;
  best: TrainingState | undefined;
  last: TrainingState | undefined;
  /** The loss that was not finite. */
  badLoss: number | undefined;
  readonly control: TrainingControl;
}

export const newPart = (): EpochPart => ({
  batches: 0,
  rows: 0,
  lossSum: 0,
  correct: 0,
  seconds: 0,
  learningRate: 0,
});

/** The first state, or the state to go on from. */
export function begin(training: Training): Progress {
  const { settings, options } = training;
  const { best, last, midway } = options.resume ?? {};
  const progress: Progress = {
    history: [],
    part: newPart(),
    step: 0,
    rateFactor: 1,
    learningRate: settings.optimizer.learningRate,
    stopped: undefined,
    best,
    last,
    badLoss: undefined,
    control: {
      stop(reason) {
        progress.stopped ??= reason;
      },
      scaleRate(by) {
        progress.rateFactor *= by;
      },
      get learningRate() {
        return progress.learningRate;
      },
    },
  };
  const before = midway ?? last;
  if (before) resume(training, progress, before);
  return progress;
}

function resume(training: Training, progress: Progress, before: TrainingState): void {
  writeWeights(training.model, before.weights);
  const isSlot = (array: NamedArray) => !isSlow(array);
  writeSlots(training.optimizer, before.optimizer.filter(isSlot));
  training.lookahead?.restore(before.optimizer.filter(isSlow));
  progress.history.push(...before.history);
  progress.step = before.step;
  progress.rateFactor = before.rateFactor;
  progress.stopped = before.stopped;
  if (before.part) {
    progress.part = { ...before.part };
    setRate(training, progress, before.part.learningRate);
  }
  for (const callback of training.callbacks) {
    const saved = before.callbacks[callback.name];
    if (saved !== undefined) callback.restore?.(saved);
  }
}

/** Changes the learning rate of the next step. */
export function setRate({ optimizer }: Training, progress: Progress, rate: number): void {
  if (rate === progress.learningRate) return;
  progress.learningRate = rate;
  const scalar = tf.scalar(rate);
  optimizer.learningRate.assign(scalar);
  scalar.dispose();
}

/** A copy of all that training needs to go on from here. */
export const stateOf = (
  { model, optimizer, lookahead, callbacks }: Training,
  { history, step, rateFactor }: Progress,
): TrainingState => ({
  epoch: history.length,
  step,
  weights: readWeights(model),
  optimizer: [...readSlots(optimizer), ...(lookahead?.state() ?? [])],
  rateFactor,
  history: [...history],
  callbacks: Object.fromEntries(callbacks.filter((c) => c.state).map((c) => [c.name, c.state!()])),
});

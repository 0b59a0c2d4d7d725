// Callbacks watch and steer training: plain objects with a method for each moment that they want.

import type { EpochRecord } from '@sightline/runs';
import type { z } from 'zod';
import { earlyStoppingSchema, type Monitor, reduceOnPlateauSchema } from './settings.ts';

/** Running metrics inside an epoch: means over the rows so far, as in Keras' progress bar. */
export interface StepProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Rows of this epoch that are done. */
  readonly rows: number;
  /** All rows of an epoch. */
  readonly size: number;
  readonly loss: number;
  readonly accuracy: number;
}

export interface TrainingControl {
  /** Ends training after this epoch; `reason` is a sentence for the user. */
  stop(reason: string): void;
  /** Multiplies the learning rate from the next step on, on top of any schedule. */
  scaleRate(factor: number): void;
  readonly learningRate: number;
}

export interface Callback {
  /** Unique among the callbacks of a training: its state is saved under it. */
  readonly name: string;
  /** Before the first epoch, or before the first one after resuming. */
  onStart?(control: TrainingControl): void;
  onStep?(progress: StepProgress, control: TrainingControl): void;
  onEpoch?(record: EpochRecord, control: TrainingControl): void | Promise<void>;
  /** After the last epoch, or where training was interrupted or diverged. */
  onEnd?(): void | Promise<void>;
  /** Its state as JSON, which a resumed run restores. */
  state?(): unknown;
  restore?(state: unknown): void;
}

/** Whether a value of a monitored metric beats another by more than `minDelta`. */
export const improves = (monitor: Monitor, value: number, over: number, minDelta = 0): boolean =>
  monitor === 'accuracy' || monitor === 'valAccuracy' ? value > over + minDelta : value < over - minDelta;

interface PlateauState {
  best: number | null;
  waited: number;
}

/** Counts the epochs since a metric last improved. */
function plateau(monitor: Monitor, minDelta: number) {
  const state: PlateauState = { best: null, waited: 0 };
  return {
    state,
    see(record: EpochRecord): number {
      const value = record[monitor];
      if (value !== null && (state.best === null || improves(monitor, value, state.best, minDelta))) {
        state.best = value;
        state.waited = 0;
      } else state.waited++;
      return state.waited;
    },
  };
}

/** Stops when a metric has not improved by `minDelta` for `patience` epochs. */
export function earlyStopping(options: z.input<typeof earlyStoppingSchema>): Callback {
  const { monitor, patience, minDelta } = earlyStoppingSchema.parse(options);
  const { state, see } = plateau(monitor, minDelta);
  const stopIfStale = (control: TrainingControl) => {
    if (state.waited < patience) return;
    control.stop(`${monitor} has not improved for ${patience} epochs (best ${state.best?.toFixed(4)}).`);
  };
  return {
    name: 'earlyStopping',
    // A run that was killed between its last epoch and its end must not go on when it is resumed.
    onStart: stopIfStale,
    onEpoch(record, control) {
      see(record);
      stopIfStale(control);
    },
    state: () => ({ ...state }),
    restore: (saved) => void Object.assign(state, saved),
  };
}

/** Multiplies the learning rate by `factor` when a metric has not improved for `patience` epochs. */
export function reduceOnPlateau(options: z.input<typeof reduceOnPlateauSchema>): Callback {
  const { monitor, factor, patience, minDelta, minimum } = reduceOnPlateauSchema.parse(options);
  const { state, see } = plateau(monitor, minDelta);
  return {
    name: 'reduceOnPlateau',
    onEpoch(record, control) {
      if (see(record) < patience || control.learningRate <= minimum) return;
      control.scaleRate(Math.max(factor, minimum / control.learningRate));
      state.waited = 0;
    },
    state: () => ({ ...state }),
    restore: (saved) => void Object.assign(state, saved),
  };
}

/**
 * Passes the whole history so far as CSV to `write` after each epoch: a line of names, then a line per epoch. If `write`
 * returns a promise, the next epoch runs meanwhile.
 */
export function csvHistory(write: (text: string) => void | Promise<void>): Callback {
  let lines: string[] = [];
  let writing: void | Promise<void>;
  return {
    name: 'csvHistory',
    async onEpoch(record) {
      await writing;
      if (lines.length === 0) lines.push(Object.keys(record).join(','));
      lines.push(Object.values(record).map(String).join(','));
      writing = write(`${lines.join('\n')}\n`);
      // A failure is thrown where it is next awaited.
      writing?.catch(() => {});
    },
    onEnd: () => writing,
    state: () => [...lines],
    restore(saved) {
      lines = [...(saved as string[])];
    },
  };
}

/** Stops after the epoch in which `seconds` have passed since this call. */
export function timeLimit(seconds: number, now: () => number = () => performance.now() / 1000): Callback {
  const start = now();
  return {
    name: 'timeLimit',
    onEpoch(_, control) {
      if (now() - start >= seconds) control.stop(`The time limit of ${seconds} s is reached.`);
    },
  };
}

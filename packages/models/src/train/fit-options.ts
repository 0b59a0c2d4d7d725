// What the training loop is given and what it gives back.

import type { EpochRecord } from '@sightline/runs';
import type { Engine } from '../engine/engine.ts';
import type { Callback, Monitor, StepProgress } from './callback.ts';
import type { OptimizerConfig } from './optimizer.ts';
import type { WeightOptions } from './row-weights.ts';
import type { Schedule } from './schedule.ts';
import type { EpochPart, TrainingState } from './state.ts';

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
  /**
   * Called with `last` after each epoch, before that with `best` for an epoch that is the best so far, and with
   * `midway` where `signal` ended training inside an epoch.
   */
  readonly checkpoint?: (name: CheckpointName, state: TrainingState) => void | Promise<void>;
  /** States that `checkpoint` was given in an earlier run of the same configuration. */
  readonly resume?: { readonly [name in CheckpointName]?: TrainingState };
  /** Ends training after the current step, or the validation's, with the weights of the last whole epoch. */
  readonly signal?: AbortSignal;
}

export type CheckpointName = 'best' | 'last' | 'midway';

export interface FitResult {
  readonly status: 'complete' | 'interrupted' | 'diverged';
  readonly history: readonly EpochRecord[];
  /** The best epoch by `monitor`; undefined when none was finished. */
  readonly best: EpochRecord | undefined;
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
  /** What was done of the epoch in which training was interrupted, beyond the weights it ended with. */
  readonly part?: Readonly<EpochPart>;
}

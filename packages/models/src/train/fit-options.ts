// What the training loop is given and what it gives back.

import type { EpochRecord } from '@sightline/runs';
import type { Engine } from '../engine/engine.ts';
import type { Callback, StepProgress } from './callback.ts';
import type { TrainingConfig } from './settings.ts';
import type { EpochPart, TrainingState } from './state.ts';

/** `TrainingConfig` says how to train; the rest says with what, and who is told. */
export interface FitOptions extends TrainingConfig {
  readonly engine: Engine;
  /** A weight for the loss of each training row, by its index. */
  readonly sampleWeights?: ArrayLike<number>;
  /** What the learning rate of a layer is multiplied by, by its name. Default: as `layerDecay` says. */
  readonly layerRate?: (layer: string) => number;
  readonly callbacks?: readonly Callback[];
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void | Promise<void>) | undefined;
  /**
   * Called with `best` after an epoch that is the best so far, then with `last` after every epoch, and with `midway`
   * if `signal` ended training inside an epoch.
   */
  readonly checkpoint?: (name: CheckpointName, state: TrainingState) => void | Promise<void>;
  /** The states that an earlier run of the same configuration passed to `checkpoint`. */
  readonly resume?: { readonly [name in CheckpointName]?: TrainingState } | undefined;
  /** Ends training after the current step, with the weights of the last whole epoch. */
  readonly signal?: AbortSignal | undefined;
}

export type CheckpointName = 'best' | 'last' | 'midway';

export interface FitResult {
  readonly status: 'complete' | 'interrupted' | 'diverged';
  readonly history: readonly EpochRecord[];
  /** The best epoch by `monitor`; undefined when none was finished. */
  readonly best: EpochRecord | undefined;
  /** Why training ended before its last epoch. */
  readonly stopped?: string;
  /** What was done of the epoch in which training was interrupted, beyond the weights that it ended with. */
  readonly part?: Readonly<EpochPart>;
}

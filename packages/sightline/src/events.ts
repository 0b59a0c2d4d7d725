/** What long work reports while it goes on, and how it is stopped. The library itself never prints. */

import type { StepProgress } from '@sightline/models';
import type { EpochRecord } from '@sightline/runs';

/** Something that happened. With `--json` the command writes each as a line, in the same words. */
export type SightlineEvent =
  /** `done` of `total` images, such as while features are computed. */
  | { readonly event: 'progress'; readonly what: string; readonly done: number; readonly total: number }
  /** A choice that was made, in a sentence. */
  | { readonly event: 'note'; readonly message: string }
  /** Something to look into, in a sentence; the work goes on. */
  | { readonly event: 'warning'; readonly message: string }
  /** A run begins, in the folder `dir`, which an older run may still be in. */
  | { readonly event: 'begin'; readonly run: string; readonly dir: string }
  | {
      readonly event: 'start';
      readonly run: string;
      readonly epochs: number;
      readonly images: { readonly train: number; readonly validation: number };
      readonly engine: string;
      readonly provider: string;
      readonly seed: number;
    }
  /** What a run does where nothing is counted, in a few words. */
  | { readonly event: 'stage'; readonly run: string; readonly stage: string }
  | ({ readonly event: 'step'; readonly run: string } & StepProgress)
  | ({ readonly event: 'epoch'; readonly run: string; readonly epochs: number } & EpochRecord)
  | {
      readonly event: 'run';
      readonly run: string;
      readonly status: string;
      readonly epochs: number;
      readonly dir: string;
    };

export interface WorkOptions {
  /** Stops the work; a training then keeps what it has done, other work rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SightlineEvent) => void) | undefined;
}

/** The same with nothing left out, as the work itself takes it. */
export interface Work {
  readonly signal: AbortSignal;
  readonly emit: (event: SightlineEvent) => void;
}

export function workOf({ signal, onEvent }: WorkOptions): Work {
  return { signal: signal ?? new AbortController().signal, emit: onEvent ?? (() => {}) };
}

// The training loop's state in a run folder's checkpoints, and back.

import { existsSync, rmSync } from 'node:fs';
import {
  type Checkpoint,
  checkpointPath,
  isOfEarlierVersion,
  loadCheckpoint,
  type Run,
  readRun,
  repeatCheckpoint,
  saveCheckpoint,
} from '@sightline/runs';
import type { CheckpointName, FitOptions } from '../train/fit-options.ts';
import type { NamedArray, TrainingState } from '../train/state.ts';

/** What a run was started with. */
export type Start = Pick<Run, 'seed' | 'data' | 'config'>;

type States = NonNullable<FitOptions['resume']>;
type Extra = Omit<TrainingState, 'weights' | 'optimizer' | 'epoch'> & { start?: Start };

function checkpointOf(
  { weights, optimizer, epoch, ...rest }: TrainingState,
  start: Start | undefined,
): Checkpoint {
  const tensors = (arrays: readonly NamedArray[]) =>
    arrays.map((array) => ({ ...array, shape: [...array.shape] }));
  const extra: Extra = { ...rest, ...(start ? { start } : {}) };
  // Whatever is drawn at random follows from the seed, the epoch and the step: there is no generator to keep.
  return { weights: tensors(weights), optimizer: tensors(optimizer), epoch, random: null, extra };
}

export interface CheckpointWriter {
  /** For `fit`: begins to write a state, once those before it are written. */
  write(name: CheckpointName, state: TrainingState): Promise<void>;
  /** Until all states are written. Throws what kept one from it. */
  end(): Promise<void>;
}

/**
 * Writes states as they come, while training goes on. An epoch that is the best is the last as well: its file gets a
 * second name. A run that is stopped in its first epoch has no run.json yet, or there is one of an older run, so what
 * it was started with is in its checkpoint.
 */
export function openCheckpoints(dir: string, start?: Start): CheckpointWriter {
  let writing: Promise<void> = Promise.resolve();
  let before: { name: CheckpointName; state: TrainingState } | undefined;
  return {
    async write(name, state) {
      const same = before?.state === state && before.name !== name ? before.name : undefined;
      // One state at a time: a disk that is slower than training must not fill the memory.
      if (!same) await writing;
      before = { name, state };
      writing = writing.then(async () => {
        if (same) repeatCheckpoint(dir, same, name);
        else await saveCheckpoint(dir, name, checkpointOf(state, name === 'midway' ? start : undefined));
        if (name === 'last') rmSync(checkpointPath(dir, 'midway'), { force: true });
      });
      // Whoever waits for it next is told; till then nobody waits.
      writing.catch(() => {});
      // Training ends after it: it is not to be lost if the process is ended next.
      if (name === 'midway') await writing;
    },
    end: () => writing,
  };
}

function load(dir: string, name: CheckpointName): Checkpoint | undefined {
  return existsSync(checkpointPath(dir, name)) ? loadCheckpoint(dir, name) : undefined;
}

/** The checkpoint of an epoch that was left in the middle, unless the run has finished that epoch since. */
function midwayOf(dir: string, last: Pick<Checkpoint, 'epoch'> | undefined): Checkpoint | undefined {
  const midway = load(dir, 'midway');
  // In its first epoch a run leaves the folder's older run as it is.
  return midway && (midway.epoch === 0 || midway.epoch === last?.epoch) ? midway : undefined;
}

/** The states to go on from; undefined where the run in `dir` has left none. */
export function loadStates(dir: string): States | undefined {
  const last = load(dir, 'last');
  const midway = midwayOf(dir, last);
  if (midway?.epoch === 0) return { midway: stateOf(midway) };
  if (!last) return undefined;
  const best = load(dir, 'best');
  return {
    last: stateOf(last),
    ...(best ? { best: stateOf(best) } : {}),
    ...(midway ? { midway: stateOf(midway) } : {}),
  };
}

function stateOf({ weights, optimizer, epoch, extra }: Checkpoint): TrainingState {
  const { start: _, ...rest } = extra as Extra;
  return { ...rest, weights: weights as NamedArray[], optimizer: optimizer as NamedArray[], epoch };
}

/**
 * What the run that would be resumed in `dir` was started with, and whether by an earlier version of Sightline. Throws
 * SightlineError where there is none.
 */
export function startOf(dir: string): Start & { readonly isUpgraded: boolean } {
  const midway = load(dir, 'midway');
  const start = midway?.epoch === 0 ? (midway.extra as Extra).start : undefined;
  if (start) return { ...start, isUpgraded: isOfEarlierVersion(start.config) };
  const { run, isUpgraded } = readRun(dir);
  return { ...run, isUpgraded };
}

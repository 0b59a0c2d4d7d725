// The training loop's state in a run folder's checkpoints, and back.

import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import {
  type Checkpoint,
  checkpointPath,
  loadCheckpoint,
  type Run,
  readRun,
  saveCheckpoint,
} from '@sightline/runs';
import type { CheckpointName, FitOptions } from '../train/fit-options.ts';
import type { NamedArray, TrainingState } from '../train/state.ts';

/** What a run was started with. */
export type Start = Pick<Run, 'seed' | 'data' | 'config'>;

type States = NonNullable<FitOptions['resume']>;
type Extra = Omit<TrainingState, 'weights' | 'optimizer' | 'epoch'> & { start?: Start };

/** Writes a state as a checkpoint of the run in `dir`. */
function saveState(dir: string, name: CheckpointName, state: TrainingState, start: Start | undefined): void {
  const { weights, optimizer, epoch, ...rest } = state;
  const tensors = (arrays: readonly NamedArray[]) =>
    arrays.map((array) => ({ ...array, shape: [...array.shape] }));
  const extra: Extra = { ...rest, ...(start ? { start } : {}) };
  // Whatever is drawn at random follows from the seed, the epoch and the step: there is no generator to keep.
  saveCheckpoint(dir, name, {
    weights: tensors(weights),
    optimizer: tensors(optimizer),
    epoch,
    random: null,
    extra,
  });
}

/**
 * Writes states as they come. An epoch that is the best is the last as well: its second file is a copy of the first,
 * which costs a tenth of writing it, and is renamed into its place like it. A run that is stopped in its first epoch
 * has no run.json yet, or there is one of an older run, so what it was started with is in its checkpoint.
 */
export function checkpointWriter(dir: string, start?: Start): NonNullable<FitOptions['checkpoint']> {
  let written: { state: TrainingState; path: string } | undefined;
  return (name, state) => {
    const path = checkpointPath(dir, name);
    if (written?.state === state && written.path !== path) {
      const beside = `${path}.${process.pid}.tmp`;
      copyFileSync(written.path, beside);
      renameSync(beside, path);
    } else saveState(dir, name, state, name === 'midway' ? start : undefined);
    written = { state, path };
    if (name === 'last') rmSync(checkpointPath(dir, 'midway'), { force: true });
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

/** What the run that would be resumed in `dir` was started with. Throws RunsError where there is none. */
export function startOf(dir: string): Start {
  const midway = load(dir, 'midway');
  const start = midway?.epoch === 0 ? (midway.extra as Extra).start : undefined;
  return start ?? readRun(dir).run;
}

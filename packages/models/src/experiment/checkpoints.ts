// The training loop's state in a run folder's checkpoints, and back.

import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { checkpointPath, loadCheckpoint, saveCheckpoint } from '@sightline/runs';
import type { NamedArray, TrainingState } from '../train/state.ts';

type Extra = Omit<TrainingState, 'weights' | 'optimizer' | 'epoch'>;

/** Writes a state as the checkpoint `best` or `last` of the run in `dir`. */
export function saveState(dir: string, name: 'best' | 'last', state: TrainingState): void {
  const { weights, optimizer, epoch, ...extra } = state;
  const tensors = (arrays: readonly NamedArray[]) =>
    arrays.map((array) => ({ ...array, shape: [...array.shape] }));
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
 * which costs a tenth of writing it, and is renamed into its place like it.
 */
export function checkpointWriter(dir: string): (name: 'best' | 'last', state: TrainingState) => void {
  let written: { state: TrainingState; path: string } | undefined;
  return (name, state) => {
    const path = checkpointPath(dir, name);
    if (written?.state === state && written.path !== path) {
      const beside = `${path}.${process.pid}.tmp`;
      copyFileSync(written.path, beside);
      renameSync(beside, path);
    } else saveState(dir, name, state);
    written = { state, path };
  };
}

/** The states to go on from; undefined where the run in `dir` finished no epoch. */
export function loadStates(dir: string): { last: TrainingState; best?: TrainingState } | undefined {
  const load = (name: 'best' | 'last'): TrainingState | undefined => {
    if (!existsSync(checkpointPath(dir, name))) return undefined;
    const { weights, optimizer, epoch, extra } = loadCheckpoint(dir, name);
    return {
      ...(extra as Extra),
      weights: weights as NamedArray[],
      optimizer: optimizer as NamedArray[],
      epoch,
    };
  };
  const [last, best] = [load('last'), load('best')];
  return last && { last, ...(best ? { best } : {}) };
}

/** The training loop's state in the run folder's checkpoints, and back. */
import { existsSync } from 'node:fs';
import { ModelError, type NamedArray, type TrainingState } from '@sightline/models';
import { type CheckpointTensor, checkpointPath, loadCheckpoint, saveCheckpoint } from '@sightline/runs';

export function saveState(dir: string, name: 'best' | 'last', state: TrainingState): void {
  const { weights, optimizer, epoch, ...extra } = state;
  const tensor = (array: NamedArray): CheckpointTensor => ({ ...array, shape: [...array.shape] });
  // Whatever is drawn at random follows from the seed, the epoch and the step: there is no generator to keep.
  const random = null;
  saveCheckpoint(dir, name, {
    weights: weights.map(tensor),
    optimizer: optimizer.map(tensor),
    epoch,
    random,
    extra,
  });
}

/**
 * The states to resume from: the last, and the best where there is one.
 *
 * @throws ModelError `resume` where the run has no checkpoint
 */
export function loadStates(dir: string): { last: TrainingState; best?: TrainingState } {
  if (!existsSync(checkpointPath(dir, 'last'))) {
    const remedy = 'Train without --resume';
    throw new ModelError('resume', `There is nothing to resume in ${dir}: it has no checkpoint. ${remedy}.`);
  }
  const last = loadState(dir, 'last');
  return existsSync(checkpointPath(dir, 'best')) ? { last, best: loadState(dir, 'best') } : { last };
}

function loadState(dir: string, name: string): TrainingState {
  const { weights, optimizer, epoch, extra } = loadCheckpoint(dir, name);
  const arrays = (tensors: CheckpointTensor[]) => tensors as NamedArray[];
  type Extra = Omit<TrainingState, 'weights' | 'optimizer' | 'epoch'>;
  return { ...(extra as Extra), weights: arrays(weights), optimizer: arrays(optimizer), epoch };
}

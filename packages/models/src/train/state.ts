// The state of a training run between two steps: all that is needed to go on exactly as if it had not stopped.
// Batches, augmentation and dropout follow from the seed, the epoch and the step, so no random generator is kept.

import { SightlineError } from '@sightline/core';
import type { EpochRecord } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Optimizer } from './optimizer.ts';

/** A tensor outside of TensorFlow.js: row-major float32. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  readonly data: Float32Array;
}

/** What is done of an epoch. */
export interface EpochPart {
  /** Its first batches, and their rows. */
  batches: number;
  rows: number;
  /** Sums over the rows: their losses, and the number of correct ones. */
  lossSum: number;
  correct: number;
  seconds: number;
  /** The learning rate of the last step. */
  learningRate: number;
}

export interface TrainingState {
  /** Whole epochs done. */
  readonly epoch: number;
  /** What is done of the epoch after those, where training was stopped inside it. */
  readonly part?: Readonly<EpochPart>;
  /** Why training is to end after the epoch under way. */
  readonly stopped?: string;
  /** Steps done: numbers the dropout masks. */
  readonly step: number;
  readonly weights: readonly NamedArray[];
  readonly optimizer: readonly NamedArray[];
  /** What callbacks multiply the learning rate by. */
  readonly rateFactor: number;
  readonly history: readonly EpochRecord[];
  /** Each callback's own state, by its name. */
  readonly callbacks: Readonly<Record<string, unknown>>;
}

const copyOf = (name: string, tensor: tf.Tensor): NamedArray => ({
  name,
  shape: tensor.shape,
  dtype: 'float32',
  // Not `from`, which takes a typed array element by element: this is done after every epoch.
  data: new Float32Array(tensor.dataSync()),
});

/** A copy of all weights, the moving statistics of batch normalization included. */
export const readWeights = (model: tfl.LayersModel): NamedArray[] =>
  model.weights.map((weight) => copyOf(weight.originalName, weight.read()));

/** A copy of an optimizer's slots. */
export const readSlots = (optimizer: Optimizer): NamedArray[] =>
  optimizer.slots.map(({ name, variable }) => copyOf(name, variable));

/** Puts weights back; throws SightlineError where names or shapes are not the model's. */
export function writeWeights(model: tfl.LayersModel, arrays: readonly NamedArray[]): void {
  assign(
    model.weights.map((weight) => ({ name: weight.originalName, variable: weight.read() as tf.Variable })),
    arrays,
    'weights',
  );
}

/** The weights that a state would keep: its weights, with the moving averages of those that have one. */
export function averagedWeights(
  model: tfl.LayersModel,
  { weights, optimizer }: Pick<TrainingState, 'weights' | 'optimizer'>,
): NamedArray[] {
  const averages = new Map(
    model.trainableWeights.map((weight, i) => [
      weight,
      optimizer.find(({ name }) => name === `average/${i}`),
    ]),
  );
  return weights.map((array, i) => {
    const average = averages.get(model.weights[i]!);
    return average ? { ...array, data: average.data } : array;
  });
}

/** Puts an optimizer's slots back; throws SightlineError where they belong to another optimizer or network. */
export const writeSlots = (optimizer: Optimizer, arrays: readonly NamedArray[]): void =>
  assign(optimizer.slots, arrays, 'optimizer state');

function assign(
  targets: readonly { readonly name: string; readonly variable: tf.Variable }[],
  arrays: readonly NamedArray[],
  what: string,
): void {
  const show = (name: string, shape: readonly number[]) => `${name} (${shape.join('x') || 'scalar'})`;
  targets.forEach(({ name, variable }, i) => {
    const array = arrays[i];
    if (array?.name !== name || !tf.util.arraysEqual(array.shape as number[], variable.shape)) {
      throw new SightlineError(
        'resume',
        `The saved ${what} belong to another network: expected ${show(name, variable.shape)}, found ${array ? show(array.name, array.shape) : 'nothing'}. Train without resuming, or with the configuration that was saved.`,
      );
    }
    const tensor = tf.tensor(array.data, [...array.shape]);
    variable.assign(tensor);
    tensor.dispose();
  });
  if (arrays.length !== targets.length) {
    throw new SightlineError(
      'resume',
      `The saved ${what} hold ${arrays.length} tensors, and this network has ${targets.length}. Train without resuming, or with the configuration that was saved.`,
    );
  }
}

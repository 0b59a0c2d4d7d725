// A program is what somebody writes around a step: what goes in, and what happens between steps.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { AnyStep } from '../../compile/trace.ts';
import { numbers } from '../numbers.ts';

export interface Program {
  readonly step: AnyStep;
  /** The inputs of step number i, from 0. */
  readonly inputs: (i: number) => tf.Tensor[];
  /** What happens outside of the step, before step number i; what it reads is compared too. */
  readonly before?: (i: number) => tf.TensorContainer;
}

export const random = (shape: number[], seed: number) =>
  tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
export const variable = (shape: number[], seed: number) => tf.variable(random(shape, seed));

export const batch = (i: number) => [
  random([6, 5], 100 + i),
  tf.cast(tf.greater(random([6, 1], 200 + i), 0), 'float32'),
];

export const dense = (units: number, seed: number, options: object = {}) =>
  tfl.layers.dense({ units, kernelInitializer: tfl.initializers.glorotUniform({ seed }), ...options });

export const network = (seed: number, options: { inputs?: number; outputs?: number } = {}) =>
  tfl.sequential({
    layers: [
      dense(7, seed, { activation: 'tanh', inputShape: [options.inputs ?? 5] }),
      dense(options.outputs ?? 1, seed + 1, { activation: 'sigmoid' }),
    ],
  });

export const logLoss = (y: tf.Tensor, p: tf.Tensor) => tf.losses.logLoss(y, p) as tf.Scalar;

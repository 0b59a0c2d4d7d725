// The function that an engine compiles to train on a batch.

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import type { ClassifierOutputs } from '../evaluate/classifier-outputs.ts';
import { RESUMABLE, withRegularization } from '../evaluate/evaluate-step.ts';
import { correctRows, crossEntropy } from '../evaluate/loss.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * [mean loss with regularization, number of correct rows], both before the update. `others` are told apart by their
 * rank: (n) weights of the rows, and (n, classes) targets, the distributions of mixed rows.
 */
export type TrainStep = (...inputs: [x: tf.Tensor, labels: tf.Tensor, ...others: tf.Tensor[]]) => tf.Tensor[];

/** The variables that training changes, in the order of the layers. */
export const trainableVariables = (model: tfl.LayersModel): tf.Variable[] =>
  model.trainableWeights.map((weight) => weight.read() as tf.Variable);

/**
 * One step: forward, loss, gradients, update. Weights multiply the losses of the rows, whose sum is divided by n as in
 * Keras' `sum_over_batch_size`; targets take the labels' place in the loss.
 */
export function trainStep(
  engine: Engine,
  model: tfl.LayersModel,
  outputs: ClassifierOutputs,
  optimizer: Optimizer,
  labelSmoothing: number,
): TrainStep {
  const variables = trainableVariables(model);
  const step: TrainStep = (x, labels, ...others) =>
    tf.tidy(() => {
      const weights = others.find(({ rank }) => rank === 1);
      const targets = others.find(({ rank }) => rank === 2) ?? labels;
      let logits: tf.Tensor2D | undefined;
      const { value, grads } = tf.variableGrads(() => {
        logits = tf.keep(outputs.logits(x, true));
        const losses = crossEntropy(outputs, logits, targets, labelSmoothing);
        return withRegularization(model, tf.mean(weights ? tf.mul(losses, weights) : losses));
      }, variables);
      const correct = tf.sum(correctRows(outputs, outputs.probabilities(logits!), labels));
      logits!.dispose();
      optimizer.apply(variables.map((variable) => grads[variable.name]!));
      return [value, correct];
    });
  return engine.compile(step, RESUMABLE);
}

// The two functions that an engine compiles: a training step and an evaluation step.

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import type { ClassifierOutputs } from './classifier-outputs.ts';
import { correctRows, crossEntropy } from './loss.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * [mean loss with regularisation, number of right rows], both before the update. `others` are told apart by their
 * rank: (n) weights of the rows, and (n, classes) targets, distributions, of rows that were mixed.
 */
export type TrainStep = (...inputs: [x: tf.Tensor, labels: tf.Tensor, ...others: tf.Tensor[]]) => tf.Tensor[];

/** [mean loss with regularisation, (n, units) probabilities]. */
export type EvaluateStep = (x: tf.Tensor, labels: tf.Tensor) => tf.Tensor[];

/** The variables that training changes, in the order of the layers. */
export const trainableVariables = (model: tfl.LayersModel): tf.Variable[] =>
  model.trainableWeights.map((weight) => weight.read() as tf.Variable);

/** A resumed run's first step is another's hundredth, and has the same bits. Layers and optimizers hold all variables. */
const resumable = { traceFirst: true } as const;

/** The sum of the layers' regularisation losses, added to a loss. */
function withRegularisation(model: tfl.LayersModel, loss: tf.Scalar): tf.Scalar {
  let total = loss;
  for (const layer of model.layers) for (const term of layer.calculateLosses()) total = tf.add(total, term);
  return total;
}

/**
 * One step: forward, loss, gradients, update. Weights multiply the rows' losses, whose sum is divided by n as Keras'
 * `sum_over_batch_size` does; targets take the labels' place in the loss.
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
        return withRegularisation(model, tf.mean(weights ? tf.mul(losses, weights) : losses));
      }, variables);
      const correct = tf.sum(correctRows(outputs, outputs.probabilities(logits!), labels));
      logits!.dispose();
      optimizer.apply(variables.map((variable) => grads[variable.name]!));
      return [value, correct];
    });
  return engine.compile(step, resumable);
}

/** Loss and probabilities of a batch, with dropout off and batch normalisation at its moving statistics. */
export function evaluateStep(
  engine: Engine,
  model: tfl.LayersModel,
  outputs: ClassifierOutputs,
  labelSmoothing: number,
): EvaluateStep {
  const step = (x: tf.Tensor, labels: tf.Tensor): tf.Tensor[] =>
    tf.tidy(() => {
      const logits = outputs.logits(x, false);
      const loss = withRegularisation(model, tf.mean(crossEntropy(outputs, logits, labels, labelSmoothing)));
      return [loss, outputs.probabilities(logits)];
    });
  return engine.compile(step, resumable);
}

/** Frees what an engine keeps for a compiled step. */
export function releaseStep(step: TrainStep | EvaluateStep): void {
  const compiled = step as { dispose?: () => void };
  compiled.dispose?.();
}

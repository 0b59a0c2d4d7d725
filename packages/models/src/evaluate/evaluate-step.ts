// The function that an engine compiles to evaluate a batch, and what it shares with the training step.

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { averageViews } from './average-views.ts';
import type { ClassifierOutputs } from './classifier-outputs.ts';
import { crossEntropy } from './loss.ts';
import type { Views } from './views.ts';

/** [mean loss with regularization, (n, units) probabilities]. */
export type EvaluateStep = (x: tf.Tensor, labels: tf.Tensor) => tf.Tensor[];

/**
 * How steps are compiled: a resumed run's first step must have the same bits as another run's hundredth. Layers and
 * optimizers hold all variables.
 */
export const RESUMABLE = { traceFirst: true } as const;

/** A loss with the regularization losses of all layers added. */
export function withRegularization(model: tfl.LayersModel, loss: tf.Scalar): tf.Scalar {
  let total = loss;
  for (const layer of model.layers) for (const term of layer.calculateLosses()) total = tf.add(total, term);
  return total;
}

/** What a person must know who compares a network's loss with a cross-entropy; undefined where it is one. */
export function lossNote(model: tfl.LayersModel): string | undefined {
  const isPenalized = tf.tidy(() => model.layers.some((layer) => layer.calculateLosses().length > 0));
  return isPenalized
    ? "The loss includes the network's penalty on large weights (L2), as in Keras: alone, the cross-entropy is lower."
    : undefined;
}

/**
 * Loss and probabilities of a batch, with dropout off and batch normalization at its moving statistics; those of averaged
 * logits where images have several `views`.
 */
export function evaluateStep(
  engine: Engine,
  model: tfl.LayersModel,
  outputs: ClassifierOutputs,
  labelSmoothing: number,
  views: Views = 1,
): EvaluateStep {
  const step = (x: tf.Tensor, labels: tf.Tensor): tf.Tensor[] =>
    tf.tidy(() => {
      const logits = averageViews(views, x, (view) => outputs.logits(view, false));
      const loss = withRegularization(model, tf.mean(crossEntropy(outputs, logits, labels, labelSmoothing)));
      return [loss, outputs.probabilities(logits)];
    });
  return engine.compile(step, RESUMABLE);
}

/** Frees what an engine keeps for a compiled step. */
export function releaseStep(step: (...inputs: never[]) => tf.Tensor[]): void {
  const compiled = step as { dispose?: () => void };
  compiled.dispose?.();
}

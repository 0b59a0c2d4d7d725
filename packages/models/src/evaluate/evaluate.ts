// A model on labeled images: loss, accuracy, and the probabilities of every image.

import { setImmediate } from 'node:timers/promises';
import type { BatchSource } from '@sightline/data';
import { predictedClass } from '@sightline/metrics';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { batchTensors } from './batch-tensors.ts';
import { checkSource } from './check-source.ts';
import { type ClassifierOutputs, classifierOutputs } from './classifier-outputs.ts';
import { type EvaluateStep, evaluateStep, releaseStep } from './evaluate-step.ts';
import type { Views } from './views.ts';

export interface Evaluation {
  /** Mean over images, regularization included, as Keras' `evaluate` reports it. */
  readonly loss: number;
  readonly accuracy: number;
  /** (n, units) in the order of the source's rows; units is 1 for two classes, and then the second's. */
  readonly probabilities: Float32Array;
  readonly units: number;
  readonly labels: Int32Array;
}

/** A model whose step is compiled once, for one source after another. */
export interface Evaluator {
  evaluate(source: BatchSource, signal?: AbortSignal): Promise<Evaluation>;
  release(): void;
}

export interface EvaluateOptions {
  readonly engine: Engine;
  /** As the network was trained, for the same loss. Default: 0. */
  readonly labelSmoothing?: number;
  /** Views of each image whose logits are averaged. Default: 1, the image itself. */
  readonly views?: Views;
}

/** Makes a classifier ready to be evaluated. */
export function openEvaluator(model: tfl.LayersModel, options: EvaluateOptions): Evaluator {
  const outputs = classifierOutputs(model);
  const step = evaluateStep(options.engine, model, outputs, options.labelSmoothing ?? 0, options.views);
  return {
    async evaluate(source, signal) {
      checkSource(model, outputs.classes, source, 'given');
      return evaluateWith(step, outputs, source, signal);
    },
    release: () => releaseStep(step),
  };
}

/** Evaluates a classifier on all rows of a source. */
export async function evaluate(
  model: tfl.LayersModel,
  source: BatchSource,
  { signal, ...options }: EvaluateOptions & { readonly signal?: AbortSignal | undefined },
): Promise<Evaluation> {
  const evaluator = openEvaluator(model, options);
  try {
    return await evaluator.evaluate(source, signal);
  } finally {
    evaluator.release();
  }
}

/** The same with a step that is compiled already, as the training loop has it. */
export async function evaluateWith(
  step: EvaluateStep,
  outputs: ClassifierOutputs,
  source: BatchSource,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const units = outputs.kind === 'binary' ? 1 : outputs.classes;
  const probabilities = new Float32Array(source.size * units);
  const labels = Int32Array.from(source.labels);
  let [lossSum, rows, correct] = [0, 0, 0];
  for await (const batch of source.batches(0)) {
    // As in training: steps are synchronous, and no signal would get through.
    await setImmediate();
    signal?.throwIfAborted();
    const [x, y] = batchTensors(batch);
    const results = step(x, y);
    const [loss, p] = results.map((tensor) => tensor.dataSync());
    tf.dispose([x, y, ...results]);
    lossSum += loss![0]! * batch.size;
    for (let row = 0; row < batch.size; row++) {
      const index = batch.indices[row]!;
      const of = p!.subarray(row * units, (row + 1) * units) as Float32Array;
      probabilities.set(of, index * units);
      if (predictedClass(of) === batch.y[row]) correct++;
    }
    rows += batch.size;
  }
  return { loss: lossSum / rows, accuracy: correct / rows, probabilities, units, labels };
}

/**
 * float32's smallest number of full precision: a probability that float32 rounds to 0 counts as this. A larger bound, such
 * as Keras' 1e-7, would give another loss than the same network's logits.
 */
const SMALLEST = 2 ** -126;

/** What (n, classes) probabilities that came from elsewhere say of labels; the loss is the cross-entropy alone. */
export function evaluationOf(perClass: Float32Array, labels: Int32Array, classes: number): Evaluation {
  const units = classes === 2 ? 1 : classes;
  const probabilities = classes === 2 ? perClass.filter((_, i) => i % 2 === 1) : perClass;
  let [lossSum, correct] = [0, 0];
  labels.forEach((label, row) => {
    const p = perClass[row * classes + label]!;
    lossSum -= Math.log(Math.max(p, SMALLEST));
    if (predictedClass(probabilities.subarray(row * units, (row + 1) * units)) === label) correct++;
  });
  const rows = labels.length;
  return { loss: lossSum / rows, accuracy: correct / rows, probabilities, units, labels };
}

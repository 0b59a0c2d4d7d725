// What executes a training step. An engine has set the TensorFlow.js backend before it is handed over
// (`selectEngine` of @sightline/tfjs-onnxruntime does); `cpuEngine` is TensorFlow.js' own JavaScript backend,
// the oracle in tests.

import * as tf from '@tensorflow/tfjs-core';

/** A function of tensors to tensors, called with the same shapes again and again. */
export type Step<A extends tf.Tensor[], R extends tf.Tensor | tf.Tensor[]> = (...args: A) => R;

export interface Engine {
  readonly name: string;
  /** What runs the kernels: an ONNX Runtime execution provider, or a TensorFlow.js backend. */
  readonly provider: string;
  readonly device: string;
  /** One line: what was chosen and why. */
  readonly note?: string;
  /** The same function, made fast where the engine can. Variables that it reads or writes are its state. */
  compile<A extends tf.Tensor[], R extends tf.Tensor | tf.Tensor[]>(step: Step<A, R>): Step<A, R>;
}

/** TensorFlow.js' `cpu` backend, which the caller has imported; `compile` is the identity. */
export async function cpuEngine(): Promise<Engine> {
  await tf.setBackend('cpu');
  return { name: 'cpu', provider: 'cpu', device: 'cpu', compile: (step) => step };
}

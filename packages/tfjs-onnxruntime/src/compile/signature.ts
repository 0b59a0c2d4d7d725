// What a compiled step is called with, and what it must not give: checks before anything is traced.

import { SightlineError } from '@sightline/core';
import {
  backend as currentBackend,
  getBackend,
  Tensor,
  type TensorContainer,
  util,
  Variable,
} from '@tensorflow/tfjs-core';
import { OnnxRuntimeBackend } from '../backend/backend.ts';
import { userLine } from '../backend/user-line.ts';
import type { TensorSpec } from '../graph/buffer.ts';

/** An input of a step. A variable stands for itself: the step may write it. */
export interface InputSpec extends TensorSpec {
  readonly variable?: Variable;
}

export const specOf = (input: Tensor): InputSpec => ({
  dtype: input.dtype as TensorSpec['dtype'],
  shape: input.shape,
  ...(input instanceof Variable ? { variable: input } : {}),
});

/** A name that inputs have in common where one trace serves them all. */
export function signature(inputs: readonly unknown[]): string {
  return inputs
    .map((input, i) => {
      if (input instanceof Tensor && ['float32', 'int32', 'bool'].includes(input.dtype)) {
        const spec = `${input.dtype}[${input.shape.join()}]`;
        return input instanceof Variable ? `${spec} of variable ${input.id}` : spec;
      }
      const got = input instanceof Tensor ? `a tensor of ${input.dtype}` : typeof input;
      throw new SightlineError(
        'signature',
        `Input ${i} of a compiled step must be a tensor of float32, int32 or bool, but is ${got}.`,
      );
    })
    .join(';');
}

/** TensorFlow.js' backend where it is this engine's; throws SightlineError `signature` where it is another. */
export function ownBackend(): OnnxRuntimeBackend {
  const own = currentBackend();
  if (own instanceof OnnxRuntimeBackend) return own;
  throw new SightlineError(
    'signature',
    `A compiled step runs on the backend onnxruntime, but the backend is ${getBackend()}: await tf.setBackend('onnxruntime') first.`,
  );
}

/** The result of a step; throws where it is a promise, as what comes after an await is in no trace. */
export function synchronous(result: TensorContainer): TensorContainer {
  if (!util.isPromise(result)) return result;
  // What the step awaited goes on, on tensors that are disposed by now.
  (result as unknown as Promise<unknown>).catch(() => {});
  throw new SightlineError(
    'not-compilable',
    `A compiled step, called ${userLine()}, is async and gives a promise: await what it needs before it, and pass that as an input.`,
  );
}

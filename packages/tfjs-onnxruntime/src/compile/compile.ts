// compile(step): a training step traced once and then replayed as one ONNX Runtime session.
//
// The first call with inputs of some shapes runs the step as it is, which makes what it makes once (an optimizer's
// slots). The second traces it; from then on no JavaScript of the step runs. Whatever it reads that can change
// between calls is state: its inputs and every tf.Variable. Other tensors that it reads are constants.

import {
  backend as currentBackend,
  getBackend,
  Tensor,
  type TensorContainer,
  tidy,
} from '@tensorflow/tfjs-core';
import { OnnxRuntimeBackend } from '../backend/backend.ts';
import { EngineError } from '../error.ts';
import type { TensorSpec } from '../graph/buffer.ts';
import { Replay } from './replay.ts';
import { type Step, trace } from './trace.ts';

export interface CompileOptions {
  /** Writes ONNX Runtime's profile of each session to files that begin so; ended by `dispose`. */
  readonly profile?: string;
}

export interface Compiled<F extends Step> {
  (...inputs: Parameters<F>): ReturnType<F>;
  /** A listing of each traced graph, a line a node with shapes. */
  print(): string;
  /** Releases the sessions. */
  dispose(): void;
}

/** A signature is called once as it is, then traced. */
type State = { readonly replay?: Replay };

/**
 * Compiles a step: a function of tensors that gives tensors (alone, in arrays or records) and may read and assign
 * tf.Variables. It must give the same graph for inputs of the same shapes and types.
 *
 * @throws EngineError `signature` where the backend is not `onnxruntime` or an input is no tensor, and
 *   `not-compilable` where the step reads a value that is known only when it runs.
 */
export function compile<F extends Step>(step: F, options: CompileOptions = {}): Compiled<F> {
  const states = new Map<string, State>();
  const compiled = (...inputs: Parameters<F>): TensorContainer => {
    const backend = ownBackend();
    const key = signature(inputs);
    const state = states.get(key);
    if (!state) {
      const result = tidy(() => step(...inputs));
      backend.flush();
      states.set(key, {});
      return result;
    }
    let { replay } = state;
    if (!replay) {
      const specs = inputs.map(({ dtype, shape }) => ({ dtype, shape }) as TensorSpec);
      replay = new Replay(backend, trace(backend, step, specs), options.profile);
      states.set(key, { replay });
    }
    return replay.run(inputs);
  };
  const replays = () => [...states.values()].flatMap(({ replay }) => replay ?? []);
  return Object.assign(compiled as (...inputs: Parameters<F>) => ReturnType<F>, {
    print: () =>
      replays()
        .map((replay) => replay.print())
        .join('\n\n'),
    dispose: () => {
      for (const replay of replays()) {
        if (options.profile) replay.endProfiling();
        replay.dispose();
      }
      states.clear();
    },
  });
}

function ownBackend(): OnnxRuntimeBackend {
  const own = currentBackend();
  if (own instanceof OnnxRuntimeBackend) return own;
  throw new EngineError(
    'signature',
    `A compiled step runs on the backend onnxruntime, but the backend is ${getBackend()}: await tf.setBackend('onnxruntime') first.`,
  );
}

function signature(inputs: readonly unknown[]): string {
  return inputs
    .map((input, i) => {
      if (input instanceof Tensor && ['float32', 'int32', 'bool'].includes(input.dtype)) {
        return `${input.dtype}[${input.shape.join()}]`;
      }
      const got = input instanceof Tensor ? `a tensor of ${input.dtype}` : typeof input;
      throw new EngineError(
        'signature',
        `Input ${i} of a compiled step must be a tensor of float32, int32 or bool, but is ${got}.`,
      );
    })
    .join(';');
}

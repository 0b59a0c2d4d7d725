// Traces a step: runs it once with placeholders for its inputs and variables, and cuts out the program that gives
// its results and the variables' new values.

import {
  dispose,
  engine,
  type Tensor,
  type TensorContainer,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { EngineError } from '../error.ts';
import { Buffer, type TensorSpec } from '../graph/buffer.ts';
import { capture, type Program } from '../graph/capture.ts';
import { flatten } from './container.ts';
import { assign, makeTensor, registeredVariables } from './state.ts';
import { withoutRandom } from './without-random.ts';

export type Step = (...inputs: Tensor[]) => TensorContainer;

/** What an input of the program stands for. */
export type Source = { readonly input: number } | { readonly variable: Variable };

export interface Trace {
  readonly program: Program;
  readonly sources: ReadonlyMap<Buffer, Source>;
  /** The step's result with each tensor replaced by its position among the program's outputs. */
  readonly structure: TensorContainer;
  /** Specs of the results. */
  readonly results: readonly TensorSpec[];
  /** Variables that the step writes; their new values follow the results among the program's outputs. */
  readonly written: readonly Variable[];
}

/** Traces `step` for inputs of the given specs. Variables keep the values that they had. */
export function trace(backend: OnnxRuntimeBackend, step: Step, specs: readonly TensorSpec[]): Trace {
  backend.flush();
  const variables = registeredVariables();
  const held = variables.map((variable) => {
    const buffer = backend.buffer(variable.dataId);
    backend.elements(buffer);
    backend.incRef(variable.dataId);
    buffer.placeholder = true;
    return { variable, buffer, dataId: variable.dataId };
  });
  const sources = new Map<Buffer, Source>(held.map(({ variable, buffer }) => [buffer, { variable }]));
  const inputs = specs.map((spec, input) => {
    const buffer = new Buffer(spec.dtype, spec.shape, undefined);
    buffer.placeholder = true;
    sources.set(buffer, { input });
    return makeTensor(backend, buffer);
  });

  let structure: TensorContainer;
  try {
    return backend.trace(() => {
      structure = withoutRandom(() => tidy(() => step(...inputs)));
      const results = flatten(structure).map((tensor) => backend.view(tensor));
      const written = held.filter(({ variable, dataId }) => variable.dataId !== dataId);
      const news = written.map(({ variable }) => backend.view(variable));
      const made = registeredVariables().filter((variable) => !variables.includes(variable));
      if (made.length > 0) {
        throw new EngineError(
          'not-compilable',
          `A compiled step made the variable ${made[0]!.name} on its second call; make variables outside of it, or on its first call only.`,
        );
      }
      return {
        program: capture([...results, ...news], (buffer) => !buffer.placeholder),
        sources,
        structure,
        results: results.map(({ dtype, shape }) => ({ dtype, shape }) as TensorSpec),
        written: written.map(({ variable }) => variable),
      };
    });
  } finally {
    dispose(structure!);
    dispose(inputs);
    for (const { variable, buffer, dataId } of held) {
      buffer.placeholder = false;
      const info = { dataId, shape: variable.shape, dtype: variable.dtype };
      if (variable.dataId === dataId) backend.disposeData(dataId);
      else assign(variable, engine().makeTensorFromTensorInfo(info, backend));
    }
  }
}

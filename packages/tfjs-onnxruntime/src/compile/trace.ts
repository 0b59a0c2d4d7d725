// Traces a step: runs it once with placeholders for its inputs and variables, and cuts out the program that gives
// its results and the variables' new values.

import { SightlineError } from '@sightline/core';
import {
  engine,
  type Optimizer,
  scalar,
  type Tensor,
  type TensorContainer,
  tidy,
  Variable,
} from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { Buffer, type TensorSpec } from '../graph/buffer.ts';
import { capture, type Program } from '../graph/capture.ts';
import { filledKey, oneNumber } from '../graph/rewrite/one-number.ts';
import { flatten } from './container.ts';
import { type OptimizerUses, ownTensors, watchOptimizers, withFields } from './optimizers.ts';
import { type Draw, watchRandom } from './random-ops.ts';
import type { InputSpec } from './signature.ts';
import { assign, makeTensor, registeredVariables, unalias } from './state.ts';

/** A function of tensors of any kind (`Tensor2D`, a `Variable`), which gives tensors alone, in arrays or in records. */
export type Step = (...inputs: never[]) => TensorContainer;

/** A step as it is called here, where its inputs' own kinds are not known. */
export type AnyStep = (...inputs: Tensor[]) => TensorContainer;

/** What an input of the program stands for: what is read anew before each step. */
export type Source =
  | { readonly input: number }
  | { readonly variable: Variable }
  /** A tensor that an optimizer holds in a property, and may replace. */
  | { readonly optimizer: Optimizer; readonly key: string }
  /** Random numbers, by their place among the draws of the step. */
  | { readonly draw: number }
  /** A learning rate that is a plain number, times a factor. */
  | { readonly rate: Optimizer; readonly factor: number };

export interface Trace {
  readonly program: Program;
  readonly sources: ReadonlyMap<Buffer, Source>;
  /** The step's result with each tensor replaced by its position among the program's outputs. */
  readonly structure: TensorContainer;
  /** Specs of the results. */
  readonly results: readonly TensorSpec[];
  /** Variables that the step writes; their new values follow the results among the program's outputs. */
  readonly written: readonly Variable[];
  readonly draws: readonly Draw[];
  readonly uses: OptimizerUses;
}

export interface TraceOptions {
  /** Seeds of TensorFlow.js' random ops, one a draw. */
  readonly seedOf: (draw: number) => number;
  /** Optimizers whose own tensors are inputs. */
  readonly optimizers: readonly Optimizer[];
  /** Numbers that optimizers hold while the step is traced, instead of their own. */
  readonly fields: ReadonlyMap<Optimizer, Record<string, unknown>>;
  /** Whether each call remembers the user's line, which costs a stack trace. */
  readonly lines: boolean;
}

/** Traces `step` for inputs of the given specs. Variables keep the values that they had. */
export function trace(
  backend: OnnxRuntimeBackend,
  step: AnyStep,
  specs: readonly InputSpec[],
  options: TraceOptions,
): Trace {
  backend.flush();
  /** Has a buffer its value before it counts as unknown; one that lies on the GPU needs not be read for it. */
  const compute = (buffer: Buffer) => buffer.onDevice ?? backend.elements(buffer);
  const variables = registeredVariables();
  const held = variables.map((variable) => {
    unalias(backend, variable);
    const buffer = backend.buffer(variable.dataId);
    compute(buffer);
    backend.incRef(variable.dataId);
    buffer.placeholder = true;
    return { variable, buffer, dataId: variable.dataId };
  });
  const sources = new Map<Buffer, Source>(held.map(({ variable, buffer }) => [buffer, { variable }]));
  const own = options.optimizers.flatMap((optimizer) =>
    ownTensors(optimizer).map(({ key, tensor }) => {
      const buffer = backend.buffer(tensor.dataId);
      compute(buffer);
      buffer.placeholder = true;
      sources.set(buffer, { optimizer, key });
      return buffer;
    }),
  );
  /** Tensors of lower ids are the user's. */
  const firstId = tidy(() => scalar(0).id);
  const inputs = specs.map((spec, input) => {
    if (spec.variable) return spec.variable;
    const buffer = new Buffer(spec.dtype, spec.shape, undefined);
    buffer.placeholder = true;
    sources.set(buffer, { input });
    return makeTensor(backend, buffer);
  });

  let structure: TensorContainer;
  try {
    return backend.trace(() => {
      const { result, draws } = watchRandom(backend, options.seedOf, () =>
        withFields(options.fields, () => watchOptimizers(() => tidy(() => step(...inputs)), false)),
      );
      structure = result.result;
      draws.forEach(({ buffer }, draw) => {
        sources.set(buffer, { draw });
      });
      const given = flatten(structure);
      const odd = given.find(({ dtype }) => dtype === 'string' || dtype === 'complex64');
      if (odd) {
        throw new SightlineError(
          'not-compilable',
          `A compiled step gives a tensor of ${odd.dtype}, but can give float32, int32 and bool: make it outside of the step.`,
        );
      }
      const results = given.map((tensor) => backend.view(tensor));
      const written = held.filter(({ variable, dataId }) => variable.dataId !== dataId);
      const news = written.map(({ variable }) => backend.view(variable));
      const made = registeredVariables().filter((variable) => !variables.includes(variable));
      if (made.length > 0) {
        throw new SightlineError(
          'not-compilable',
          `A compiled step made the variable ${made[0]!.name} on its second call; make variables outside of it, or on its first call only.`,
        );
      }
      return {
        program: withSharedNumbers(capture([...results, ...news], (buffer) => !buffer.placeholder)),
        sources,
        structure,
        results: results.map(({ dtype, shape }) => ({ dtype, shape }) as TensorSpec),
        written: written.map(({ variable }) => variable),
        draws,
        uses: result.uses,
      };
    }, options.lines);
  } finally {
    for (const tensor of flatten(structure!)) if (tensor.id >= firstId) tensor.dispose();
    for (const input of inputs) if (!(input instanceof Variable || input.isDisposed)) input.dispose();
    for (const buffer of own) buffer.placeholder = false;
    for (const { variable, buffer, dataId } of held) {
      buffer.placeholder = false;
      const info = { dataId, shape: variable.shape, dtype: variable.dtype };
      if (variable.dataId === dataId) backend.disposeData(dataId);
      else assign(variable, engine().makeTensorFromTensorInfo(info, backend));
    }
  }
}

/** Shorter constants are not worth looking at. */
const LONG = 2 ** 12;

const numbers = new Map<string, WeakRef<Float32Array>>();

/**
 * The program with one array for all its long constants that are the same number throughout: gradients of means and sums
 * start from ones in the shape of a feature map, and a trace is kept for as long as its step.
 */
function withSharedNumbers(program: Program): Program {
  const constants = program.constants.map((constant) => {
    const { length } = constant.elements;
    const number = length < LONG ? undefined : oneNumber(constant);
    if (number === undefined) return constant;
    const key = filledKey(number, [length]);
    const elements = numbers.get(key)?.deref() ?? (constant.elements as Float32Array);
    numbers.set(key, new WeakRef(elements));
    return { ...constant, elements };
  });
  return { ...program, constants };
}

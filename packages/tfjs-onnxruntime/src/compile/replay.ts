// Runs a traced step again and again as one session.

import { printModel } from '@sightline/onnx';
import type { Tensor, TensorContainer, Variable } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { Buffer, type Elements, type GraphDType } from '../graph/buffer.ts';
import { inputName, type LoweredProgram, lowerProgram, outputName } from '../graph/lower-program.ts';
import { openSession } from '../runtime/execute.ts';
import { type Feeds, runtimeTensor, type Session } from '../runtime/session.ts';
import { rebuild } from './container.ts';
import { makeTensor, setValue, spareArray } from './state.ts';
import type { Trace } from './trace.ts';

type RuntimeTensor = ReturnType<typeof runtimeTensor>;

export class Replay {
  readonly #backend: OnnxRuntimeBackend;
  readonly #trace: Trace;
  readonly #lowered: LoweredProgram;
  readonly #session: Session;
  /** Runtime tensors over the variables' arrays, made once for each array. */
  readonly #tensors = new WeakMap<Elements, RuntimeTensor>();

  constructor(backend: OnnxRuntimeBackend, trace: Trace, profile?: string) {
    this.#backend = backend;
    this.#trace = trace;
    this.#lowered = lowerProgram(trace.program, 'step');
    this.#session = openSession(this.#lowered, {
      ...backend.executor.options,
      ...(profile ? { profile } : {}),
    });
  }

  /** One step: variables take their new values, and the results are new tensors. */
  run(inputs: readonly Tensor[]): TensorContainer {
    const backend = this.#backend;
    const { sources, results, written, structure } = this.#trace;
    backend.flush();
    const feeds: Feeds = {};
    for (const { buffer, slot } of this.#lowered.inputs) {
      const source = sources.get(buffer)!;
      feeds[inputName(slot)] =
        'variable' in source ? this.#variable(source.variable) : this.#input(inputs[source.input]!);
    }
    const fetches: Record<string, RuntimeTensor | null> = {};
    results.forEach((_, i) => {
      fetches[outputName(i)] = null;
    });
    const spares = written.map((variable, i) => {
      const spare = spareArray(variable, backend.buffer(variable.dataId).elements!);
      fetches[outputName(results.length + i)] = this.#tensor(spare, variable);
      return spare;
    });
    const outputs = this.#session.run(feeds, fetches);
    written.forEach((variable, i) => {
      setValue(backend, variable, spares[i]!);
    });
    let at = 0;
    return rebuild(structure, () => {
      const spec = results[at]!;
      const elements = outputs[outputName(at++)]!.data as Elements;
      return makeTensor(backend, new Buffer(spec.dtype, spec.shape, elements));
    });
  }

  /** A listing of the graph, a line a node, with shapes. */
  print(): string {
    return printModel(this.#lowered.model, this.#lowered.values);
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  dispose(): void {
    this.#session.dispose();
  }

  #variable(variable: Variable): RuntimeTensor {
    const buffer = this.#backend.buffer(variable.dataId);
    return this.#tensor(this.#backend.elements(buffer), variable);
  }

  #tensor(elements: Elements, variable: Variable): RuntimeTensor {
    let tensor = this.#tensors.get(elements);
    if (!tensor) {
      tensor = runtimeTensor(elements, variable.dtype as GraphDType, variable.shape);
      this.#tensors.set(elements, tensor);
    }
    return tensor;
  }

  #input(input: Tensor): RuntimeTensor {
    const buffer = this.#backend.buffer(input.dataId);
    return runtimeTensor(this.#backend.elements(buffer), input.dtype as GraphDType, input.shape);
  }
}

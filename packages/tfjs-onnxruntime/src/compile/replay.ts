// Runs a planned step again and again as one session.

import { printModel } from '@sightline/onnx';
import { download, type Feeds, tensorOf } from '@sightline/ort';
import type { Tensor, TensorContainer, Variable } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import {
  allocate,
  Buffer,
  type Elements,
  type GraphDType,
  type RuntimeTensor,
  sizeFromShape,
} from '../graph/buffer.ts';
import type { Program } from '../graph/capture.ts';
import { inputName, type LoweredProgram, lowerProgram, outputName } from '../graph/lower-program.ts';
import { rewrite } from '../graph/rewrite/index.ts';
import { type GraphSession, openSession } from '../runtime/graph-session.ts';
import { type PlacedNode, placeNodes } from '../runtime/partition.ts';
import { splitUpdates } from '../update/split-updates.ts';
import { UpdateRunner } from '../update/update-runner.ts';
import { rebuild } from './container.ts';
import { refuseNonFinite } from './non-finite.ts';
import { countIterations, ownTensor } from './optimizers.ts';
import type { Plan } from './plan.ts';
import { fillRandom, streamState } from './random-stream.ts';
import { sourceName } from './source-name.ts';
import { makeTensor, moveIn, setOnDevice, setValue, spareArray } from './state.ts';
import type { Source } from './trace.ts';

export interface ReplayOptions {
  readonly seed: number;
  readonly debug: boolean;
  readonly profile?: string;
}

export class Replay {
  readonly #backend: OnnxRuntimeBackend;
  readonly #plan: Plan;
  readonly #lowered: LoweredProgram;
  readonly #session: GraphSession;
  readonly #options: ReplayOptions;
  /** Runtime tensors over the variables' arrays, made once for each array. */
  readonly #tensors = new WeakMap<Elements, RuntimeTensor>();
  /** Of inputs that are computed before each step: their arrays. */
  readonly #filled = new Map<Buffer, Elements>();
  /** Positions of the written variables that the session writes; the others are updated by `#updates`. */
  readonly #kept: readonly number[];
  readonly #updates: UpdateRunner | undefined;
  /** Of `#kept`, those whose values stay on the GPU from step to step. */
  readonly #onDevice: ReadonlySet<number>;
  #feeds: Feeds = {};

  constructor(backend: OnnxRuntimeBackend, plan: Plan, options: ReplayOptions) {
    this.#backend = backend;
    this.#plan = plan;
    this.#options = options;
    const { provider } = backend.executor.options;
    const program = rewrite(plan.program);
    // Elsewhere the gradients would have to be fetched; and a search for NaN looks at each step's outputs.
    const split = provider === 'cpu' && !options.debug ? withUpdates(plan, program) : undefined;
    this.#kept = split?.kept ?? plan.trace.written.map((_, i) => i);
    this.#updates = split?.runner;
    this.#lowered = lowerProgram(split?.program ?? program, 'step', provider);
    const { results, written } = plan.trace;
    // Only webgpu's tensors can stay: onnxruntime-node has no others on a device.
    this.#onDevice = new Set(
      provider === 'webgpu' && !options.debug
        ? this.#kept.filter((i) => written[i]!.dtype === 'float32' && written[i]!.size > 0)
        : [],
    );
    this.#session = openSession(this.#lowered, {
      ...backend.executor.options,
      onDevice: this.#kept.flatMap((position, i) =>
        this.#onDevice.has(position) ? [outputName(results.length + i)] : [],
      ),
      ...(options.profile ? { profile: options.profile } : {}),
    });
  }

  /** Step number `count`: variables take their new values, and the results are new tensors. */
  run(inputs: readonly Tensor[], count: number): TensorContainer {
    const backend = this.#backend;
    const { results, written, structure, uses } = this.#plan.trace;
    backend.flush();
    for (const [i, elements] of this.#updates?.variables ?? []) moveIn(backend, written[i]!, elements);
    const fetches: Record<string, RuntimeTensor | null> = {};
    results.forEach((_, i) => {
      fetches[outputName(i)] = null;
    });
    const spares = this.#kept.map((position, i) => {
      const variable = written[position]!;
      if (this.#onDevice.has(position)) {
        fetches[outputName(results.length + i)] = null;
        return undefined;
      }
      const spare = spareArray(backend, variable);
      fetches[outputName(results.length + i)] = this.#tensor(spare, variable);
      return spare;
    });
    // After the arrays that are written are free: until then an input may be the value of one of them.
    const feeds: Feeds = {};
    for (const { buffer, slot } of this.#lowered.inputs) {
      feeds[inputName(slot)] = this.#feed(buffer, inputs, count);
    }
    this.#feeds = feeds;
    for (const [i, elements] of this.#updates?.outputs ?? []) {
      fetches[outputName(i)] = this.#tensor(elements, this.#lowered.model.graph.outputs[i]!);
    }
    for (const i of this.#updates?.scalars ?? []) fetches[outputName(i)] = null;
    const outputs = this.#session.run(feeds, fetches);
    if (this.#options.debug) {
      refuseNonFinite(backend, this.#plan, (buffer) => this.#feed(buffer, inputs, count), outputs, count);
    }
    this.#kept.forEach((position, i) => {
      const [variable, spare] = [written[position]!, spares[i]];
      const tensor = outputs[outputName(results.length + i)]!;
      if (spare) setValue(backend, variable, spare);
      else setOnDevice(backend, variable, { tensor, read: () => download(tensor) });
    });
    this.#updates?.run((i) => outputs[outputName(i)]!.data[0] as number);
    countIterations(uses);
    let at = 0;
    return rebuild(structure, () => {
      const spec = results[at]!;
      const elements = outputs[outputName(at++)]!.data as Elements;
      return makeTensor(backend, new Buffer(spec.dtype, spec.shape, elements));
    });
  }

  /** A listing of the graph, a line a node, with shapes. */
  print(): string {
    const { model, values, inputs } = this.#lowered;
    const { sources, trace } = this.#plan;
    const notes = new Map(
      inputs.map(({ buffer, slot }) => [inputName(slot), sourceName(sources.get(buffer)!)]),
    );
    trace.results.forEach((_, i) => {
      notes.set(outputName(i), `result ${i}`);
    });
    this.#kept.forEach((position, i) => {
      notes.set(outputName(trace.results.length + i), `variable ${trace.written[position]!.name}`);
    });
    const listing = printModel(model, { values, notes });
    return this.#updates ? `${listing}\n${this.#updates.print()}` : listing;
  }

  /** Which execution provider runs each node, found by running the last step's inputs once more. */
  partition(): PlacedNode[] {
    const names = this.#lowered.model.graph.outputs.map(({ name }) => name);
    const feeds = { ...this.#feeds };
    // What the last step has read of these was freed when it had written the next.
    for (const { buffer, slot } of this.#lowered.inputs) {
      const source = this.#plan.sources.get(buffer)!;
      if ('variable' in source || 'optimizer' in source) feeds[inputName(slot)] = this.#feed(buffer, [], 0);
    }
    return placeNodes(
      (options) => openSession(this.#lowered, options),
      this.#backend.executor.options,
      feeds,
      names,
    );
  }

  /** What its session holds, in bytes. */
  get bytes(): number {
    return this.#session.bytes;
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  dispose(): void {
    this.#session.dispose();
  }

  #feed(buffer: Buffer, inputs: readonly Tensor[], count: number): RuntimeTensor {
    const source = this.#plan.sources.get(buffer)!;
    if ('variable' in source) return this.#variable(source.variable);
    if ('input' in source) return this.#input(inputs[source.input]!, buffer);
    if ('optimizer' in source) return this.#input(ownTensor(source.optimizer, source.key), buffer);
    return this.#computed(buffer, source, count);
  }

  #variable(variable: Variable): RuntimeTensor {
    const buffer = this.#backend.buffer(variable.dataId);
    const { onDevice } = buffer;
    if (onDevice) return onDevice.tensor;
    return this.#tensor(this.#backend.elements(buffer), variable);
  }

  #tensor(elements: Elements, spec: { dtype: string; shape: readonly unknown[] }): RuntimeTensor {
    let tensor = this.#tensors.get(elements);
    if (!tensor) {
      tensor = tensorOf(elements, spec.dtype as GraphDType, spec.shape as number[]);
      this.#tensors.set(elements, tensor);
    }
    return tensor;
  }

  #input(input: Tensor, { dtype, shape }: Buffer): RuntimeTensor {
    const { onDevice, shape: own } = this.#backend.buffer(input.dataId);
    if (onDevice && own.join() === shape.join()) return onDevice.tensor;
    const elements = this.#backend.elements(this.#backend.buffer(input.dataId));
    return tensorOf(elements, dtype as GraphDType, shape);
  }

  /** Random numbers and learning rates. */
  #computed(buffer: Buffer, source: Source, count: number): RuntimeTensor {
    let elements = this.#filled.get(buffer);
    if (!elements) {
      elements = allocate(buffer.dtype as GraphDType, sizeFromShape(buffer.shape));
      this.#filled.set(buffer, elements);
    }
    if ('draw' in source) {
      const { distribution, scale, offset, seed } = this.#plan.draws[source.draw]!;
      const state = streamState(seed ?? this.#options.seed, count, source.draw);
      fillRandom(elements, distribution, scale, offset, state);
    } else if ('rate' in source) {
      elements[0] = source.factor * (source.rate as unknown as { learningRate: number }).learningRate;
    }
    return this.#tensor(elements, buffer);
  }
}

/** Splits the updates of variables off, where there are some and memory for them. */
function withUpdates({ trace, sources }: Plan, program: Program) {
  const split = splitUpdates(program, trace.results.length, (written) => {
    const isOld = (buffer: Buffer): boolean => {
      const source = sources.get(buffer);
      return source !== undefined && 'variable' in source && source.variable === trace.written[written];
    };
    return program.inputs.find(({ buffer }) => isOld(buffer))?.slot;
  });
  if (!split) return undefined;
  try {
    return { ...split, runner: new UpdateRunner(split.updates) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

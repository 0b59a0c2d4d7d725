// Arithmetic with channel vectors while a program is rewritten: numbers are computed, vectors become steps.

import type { TensorSpec } from '../buffer.ts';
import type { Constant, Step } from '../capture.ts';
import { type ChannelVector, isNumber, type VectorArithmetic, ZERO } from './channel-form.ts';
import { filledConstant, filledKey, oneNumber } from './one-number.ts';
import { makeStep, type ProgramGraph } from './program-graph.ts';

export class ChannelVectors implements VectorArithmetic {
  readonly constants: Constant[] = [];
  readonly #graph: ProgramGraph;
  readonly #emit: (step: Step) => void;
  readonly #resolve: (slot: number) => number;
  readonly #made = new Map<string, number>();
  readonly #specs = new Map<number, TensorSpec>();
  /** Constants of which all elements are one number. */
  readonly #numbers: Map<number, number>;

  /** `emit` adds a step to the program; `resolve` gives the slot that stands for another by now. */
  constructor(graph: ProgramGraph, emit: (step: Step) => void, resolve: (slot: number) => number) {
    this.#graph = graph;
    this.#resolve = resolve;
    this.#emit = emit;
    this.#numbers = new Map();
    for (const constant of graph.program.constants) {
      const number = oneNumber(constant);
      if (number !== undefined) this.#numbers.set(constant.slot, number);
    }
  }

  /** The number that all elements of a constant are. */
  numberIn(slot: number): number | undefined {
    return this.#numbers.get(slot);
  }

  /** A slot as a vector of `channels`, in one slot whatever its leading axes of 1 are; `undefined` where it is none. */
  read(given: number, channels: number): ChannelVector | undefined {
    const slot = this.#resolve(given);
    const { dtype, shape } = this.specOf(slot);
    const size = shape.reduce((n, dim) => n * dim, 1);
    if (dtype !== 'float32' || (size !== 1 && (size !== channels || shape.at(-1) !== channels)))
      return undefined;
    const number = this.#numbers.get(slot);
    if (number !== undefined) return { scale: number };
    const source = this.#graph.maker(slot, 'Reshape')?.inputs[0];
    if (source !== undefined) {
      const known = this.read(source, channels);
      if (known) return known;
    }
    const wanted = size === 1 ? [] : [channels];
    return { scale: 1, slot: shape.length === wanted.length ? slot : this.#reshape(slot, wanted) };
  }

  add(a: ChannelVector, b: ChannelVector): ChannelVector {
    if (isNumber(a, 0)) return b;
    if (isNumber(b, 0)) return a;
    if (a.slot === b.slot) return { scale: a.scale + b.scale, slot: a.slot };
    return { scale: 1, slot: this.make('Add', { a: this.write(a), b: this.write(b) }) };
  }

  multiply(a: ChannelVector, b: ChannelVector): ChannelVector {
    const scale = a.scale * b.scale;
    if (isNumber(a, 0) || isNumber(b, 0)) return ZERO;
    if (a.slot === undefined || b.slot === undefined) return { scale, slot: a.slot ?? b.slot };
    return { scale, slot: this.make('Multiply', { a: a.slot, b: b.slot }) };
  }

  /** The slot that holds a vector. */
  write({ scale, slot }: ChannelVector): number {
    if (slot === undefined) return this.constant(scale);
    return scale === 1 ? slot : this.make('Multiply', { a: slot, b: this.constant(scale) });
  }

  /** The output of an elementwise kernel, made once for equal inputs. */
  make(kernel: string, inputs: Readonly<Record<string, number>>): number {
    const [longest] = Object.values(inputs)
      .map((slot) => this.specOf(slot))
      .sort((a, b) => b.shape.length - a.shape.length);
    return this.step(kernel, inputs, {}, longest!);
  }

  /** The output of any step, made once for equal inputs and attributes. */
  step(
    kernel: string,
    inputs: Readonly<Record<string, number>>,
    attributes: Step['type']['attributes'],
    spec: TensorSpec,
  ): number {
    const key = `${kernel} ${JSON.stringify(inputs)} ${JSON.stringify(attributes)}`;
    let slot = this.#made.get(key);
    if (slot === undefined) {
      slot = this.#graph.newSlot();
      this.#made.set(key, slot);
      this.#specs.set(slot, spec);
      this.#emit(makeStep(kernel, inputs, attributes, slot, spec));
    }
    return slot;
  }

  specOf(slot: number): TensorSpec {
    return this.#specs.get(slot) ?? this.#graph.spec(slot);
  }

  #reshape(slot: number, shape: number[]): number {
    return this.step('Reshape', { x: slot }, { shape }, { dtype: 'float32', shape });
  }

  /** A constant of one number, (channels) of them or a scalar. */
  constant(value: number, channels?: number): number {
    const shape = channels === undefined ? [] : [channels];
    const key = filledKey(value, shape);
    let slot = this.#made.get(key);
    if (slot === undefined) {
      slot = this.#graph.newSlot();
      const constant = filledConstant(slot, value, shape);
      this.#made.set(key, slot);
      this.#specs.set(slot, constant);
      this.#numbers.set(slot, value);
      this.constants.push(constant);
    }
    return slot;
  }
}

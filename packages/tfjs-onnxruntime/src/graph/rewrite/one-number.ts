// Arithmetic with arrays that hold one number throughout, such as the ones that gradients start from: it is done here,
// and what remains of it is a scalar.

import { Buffer, sizeFromShape, type TensorSpec } from '../buffer.ts';
import type { Constant, Program, Step } from '../capture.ts';
import { ProgramGraph, sameShape } from './program-graph.ts';

/** Kernels that give one number for such arrays. */
const COMPUTED: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Multiply: (a, b) => a * b,
  Neg: (a) => -a,
  RealDiv: (a, b) => a / b,
  Reshape: (a) => a,
  Sqrt: Math.sqrt,
  Square: (a) => a * a,
  Sub: (a, b) => a - b,
};

/** Kernels that take a scalar in the place of either operand. */
const TAKE_SCALARS = new Set(['Add', 'Multiply', 'RealDiv', 'Sub']);

/** The number that all elements are, if it is one. */
export function oneNumber({ dtype, elements }: Pick<Constant, 'dtype' | 'elements'>): number | undefined {
  if (dtype !== 'float32' || elements.length === 0) return undefined;
  const first = elements[0]!;
  for (let i = 1; i < elements.length; i++) if (!Object.is(elements[i], first)) return undefined;
  return first;
}

/** A constant that is `number` throughout. */
export function filledConstant(slot: number, number: number, shape: readonly number[]): Constant {
  const elements = new Float32Array(sizeFromShape(shape)).fill(number);
  return { slot, dtype: 'float32', shape, elements, buffer: new Buffer('float32', shape, elements) };
}

/** Tells such constants apart. */
export const filledKey = (number: number, shape: readonly number[]): string =>
  `${Object.is(number, -0) ? '-0' : number} [${shape}]`;

export const foldOneNumber = (program: Program): Program => new Folding(program).run();

class Folding {
  readonly #graph: ProgramGraph;
  /** The number that a slot holds throughout. */
  readonly #numbers = new Map<number, number>();
  /** Slots that equal others. */
  readonly #same = new Map<number, number>();
  readonly #constants: Constant[] = [];
  readonly #made = new Map<string, number>();

  constructor(program: Program) {
    this.#graph = new ProgramGraph(program);
    for (const constant of program.constants) {
      const number = oneNumber(constant);
      if (number !== undefined) this.#numbers.set(constant.slot, number);
    }
  }

  run(): Program {
    const { program } = this.#graph;
    const steps = program.steps.flatMap((step) => this.#step(step) ?? []);
    const outputs = program.outputs.map((slot) => this.#array(slot));
    return { ...program, steps, outputs, constants: [...program.constants, ...this.#constants] };
  }

  /** The step as it stays; `undefined` where it need not be taken. */
  #step(step: Step): Step | undefined {
    const [out] = step.outputs as [number];
    const spec = step.type.outputs[0];
    const inputs = step.inputs.map((slot) => this.#same.get(slot) ?? slot);
    const { kernel } = step.type;
    if (step.outputs.length === 1 && spec?.dtype === 'float32') {
      const numbers = inputs.map((slot) => this.#numbers.get(slot));
      const number = this.#compute({ ...step, inputs }, numbers, spec);
      if (number !== undefined) {
        this.#numbers.set(out, Math.fround(number));
        return undefined;
      }
      if (TAKE_SCALARS.has(kernel)) return this.#withScalar({ ...step, inputs }, numbers, spec);
    }
    return { ...step, inputs: inputs.map((slot) => this.#array(slot)) };
  }

  /** The number that all elements of a step's output are, if it is known. */
  #compute(
    { type: { kernel, attributes }, inputs }: Step,
    [a, b]: readonly (number | undefined)[],
    { shape }: TensorSpec,
  ): number | undefined {
    const { value } = attributes as { value?: unknown };
    if (kernel === 'Fill') return typeof value === 'number' ? value : undefined;
    if (kernel === 'ZerosLike' || kernel === 'OnesLike') return kernel === 'OnesLike' ? 1 : 0;
    if (a === undefined) return undefined;
    if (kernel === 'Sum')
      return (a * sizeFromShape(this.#graph.spec(inputs[0]!).shape)) / sizeFromShape(shape);
    const compute = COMPUTED[kernel];
    return compute && (compute.length === 1 || b !== undefined) ? compute(a, b!) : undefined;
  }

  /** A step of two operands of which one may be one number. */
  #withScalar(step: Step, numbers: readonly (number | undefined)[], spec: TensorSpec): Step | undefined {
    const at = numbers.findIndex((number) => number !== undefined);
    const other = step.inputs[1 - at];
    const fits = at >= 0 && other !== undefined && sameShape(this.#graph.spec(other), spec);
    if (!fits) return { ...step, inputs: step.inputs.map((slot) => this.#array(slot)) };
    const number = numbers[at]!;
    const { kernel } = step.type;
    if (number === 1 && (kernel === 'Multiply' || (kernel === 'RealDiv' && at === 1))) {
      this.#same.set(step.outputs[0]!, other);
      return undefined;
    }
    return { ...step, inputs: step.inputs.with(at, this.#constant(number, [])) };
  }

  /** A slot that holds all elements. */
  #array(given: number): number {
    const slot = this.#same.get(given) ?? given;
    const number = this.#numbers.get(slot);
    const isMade = number !== undefined && !this.#graph.program.constants.some((c) => c.slot === slot);
    return isMade ? this.#constant(number, this.#graph.spec(slot).shape) : slot;
  }

  #constant(number: number, shape: readonly number[]): number {
    const key = filledKey(number, shape);
    let slot = this.#made.get(key);
    if (slot === undefined) {
      slot = this.#graph.newSlot();
      this.#made.set(key, slot);
      this.#constants.push(filledConstant(slot, number, shape));
    }
    return slot;
  }
}

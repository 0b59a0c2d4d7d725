// A program with its edges, for rewrites: which step made a slot, and which steps read it.

import type { TensorSpec } from '../buffer.ts';
import type { Program, Step } from '../capture.ts';

export class ProgramGraph {
  readonly program: Program;
  readonly #makers = new Map<number, Step>();
  readonly #readers = new Map<number, Step[]>();
  readonly #specs = new Map<number, TensorSpec>();
  readonly #outputs: ReadonlySet<number>;
  #nextSlot = 0;

  constructor(program: Program) {
    this.program = program;
    this.#outputs = new Set(program.outputs);
    for (const { slot, buffer } of program.inputs) this.#specs.set(slot, buffer as TensorSpec);
    for (const constant of program.constants) this.#specs.set(constant.slot, constant);
    for (const step of program.steps) {
      for (const slot of new Set(step.inputs)) {
        const readers = this.#readers.get(slot);
        if (readers) readers.push(step);
        else this.#readers.set(slot, [step]);
      }
      step.outputs.forEach((slot, i) => {
        if (slot < 0) return;
        this.#makers.set(slot, step);
        this.#specs.set(slot, step.type.outputs[i]!);
      });
    }
    for (const slot of this.#specs.keys()) this.#nextSlot = Math.max(this.#nextSlot, slot + 1);
  }

  /** The step that made a slot, if it is of one of these kernels. */
  maker(slot: number | undefined, ...kernels: string[]): Step | undefined {
    const step = slot === undefined ? undefined : this.#makers.get(slot);
    return step && kernels.includes(step.type.kernel) ? step : undefined;
  }

  readers(slot: number): readonly Step[] {
    return this.#readers.get(slot) ?? [];
  }

  /** Whether nobody reads a slot but `step`, the program's own outputs included. */
  readOnlyBy(slot: number, ...steps: Step[]): boolean {
    return !this.#outputs.has(slot) && this.readers(slot).every((reader) => steps.includes(reader));
  }

  isOutput(slot: number): boolean {
    return this.#outputs.has(slot);
  }

  spec(slot: number): TensorSpec {
    return this.#specs.get(slot)!;
  }

  newSlot(): number {
    return this.#nextSlot++;
  }
}

/** An input of a step by its name; `undefined` where it was left out. */
export function inputOf(step: Step, name: string): number | undefined {
  return step.inputs[step.type.inputNames.indexOf(name)];
}

export const sameShape = (a: TensorSpec, b: TensorSpec): boolean =>
  a.shape.length === b.shape.length && a.shape.every((dim, i) => dim === b.shape[i]);

/** A step of a kernel that rewrites make, with inputs by name; those that are `undefined` are left out. */
export function makeStep(
  kernel: string,
  inputs: Readonly<Record<string, number | undefined>>,
  attributes: Step['type']['attributes'],
  output: number,
  spec: TensorSpec,
): Step {
  const given = Object.entries(inputs).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return {
    type: { kernel, inputNames: given.map(([name]) => name), attributes, outputs: [spec] },
    inputs: given.map(([, slot]) => slot),
    outputs: [output],
  };
}

// A program as an ONNX model: inputs `in_<slot>`, outputs `out_<n>` in the order in which they were asked for.

import { GraphBuilder, type Model, type Value } from '@sightline/onnx';
import { LoweringContext } from '../lowering/lowering.ts';
import type { TensorSpec } from './buffer.ts';
import { lower } from './call-type.ts';
import type { Program } from './capture.ts';
import { rewrite } from './rewrite/index.ts';

export const inputName = (slot: number): string => `in_${slot}`;
export const outputName = (index: number): string => `out_${index}`;

export interface LoweredProgram {
  readonly model: Model;
  /** Every value of the model with its shape, for listings. */
  readonly values: ReadonlyMap<string, Value>;
  /** Inputs that the program after its rewrites still reads. */
  readonly inputs: Program['inputs'];
}

export interface LowerOptions {
  /** The execution provider that is to run the model. */
  readonly provider: string;
  /** False keeps each step of the program, for those who look for one. */
  readonly rewritten?: boolean;
}

/** Lowers a program step by step; throws EngineError with the kernel's name where one cannot be. */
export function lowerProgram(
  program: Program,
  name: string,
  { provider, rewritten = true }: LowerOptions,
): LoweredProgram {
  const optimized = rewritten ? rewrite(program) : program;
  const graph = new GraphBuilder(name);
  const context = new LoweringContext(graph, provider === 'cpu');
  const values = new Map<number, Value>();
  const known: Value[] = [];

  const read = new Set([...optimized.steps.flatMap((step) => step.inputs), ...optimized.outputs]);
  const inputs = optimized.inputs.filter(({ slot }) => read.has(slot));
  for (const { buffer, slot } of inputs) {
    const { dtype, shape } = buffer as TensorSpec;
    values.set(slot, graph.input(inputName(slot), dtype, shape));
  }
  for (const { slot, dtype, shape, elements } of optimized.constants) {
    if (read.has(slot)) values.set(slot, graph.constant(elements, shape, dtype));
  }
  for (const step of optimized.steps) {
    const named: Record<string, Value> = {};
    step.type.inputNames.forEach((inputKey, i) => {
      named[inputKey] = values.get(step.inputs[i]!)!;
    });
    const results = lower(context, step.type.kernel, named, step.type.attributes);
    step.outputs.forEach((slot, i) => {
      if (slot < 0) return;
      values.set(slot, results[i]!);
      known.push(results[i]!);
    });
  }
  optimized.outputs.forEach((slot, i) => {
    graph.output(outputName(i), values.get(slot)!);
  });
  // Named last: outputs have taken names of their own.
  const named = new Map(known.map((value) => [value.name, value]));
  return { model: graph.build(), values: named, inputs };
}

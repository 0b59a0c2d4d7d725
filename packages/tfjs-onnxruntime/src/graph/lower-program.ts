// A program as an ONNX model: inputs `in_<slot>`, outputs `out_<n>` in the order in which they were asked for.

import { GraphBuilder, type Model, type Value } from '@sightline/onnx';
import { lowerInBands } from '../lowering/image-bands.ts';
import { LoweringContext } from '../lowering/lowering.ts';
import type { TensorSpec } from './buffer.ts';
import { lower } from './call-type.ts';
import type { Program } from './capture.ts';
import { readInBlocks } from './read-in-blocks.ts';

export const inputName = (slot: number): string => `in_${slot}`;
export const outputName = (index: number): string => `out_${index}`;

export interface LoweredProgram {
  readonly model: Model;
  /** Every value that the model's nodes make, with its shape, for listings. */
  readonly values: readonly Value[];
  /** Inputs that the program reads. */
  readonly inputs: Program['inputs'];
}

/**
 * Lowers a program step by step, for the execution provider that is to run it; throws SightlineError with the kernel's
 * name where a step cannot be lowered.
 */
export function lowerProgram(program: Program, name: string, provider: string): LoweredProgram {
  const graph = new GraphBuilder(name);
  const context = new LoweringContext(graph, provider === 'cpu');
  const values = new Map<number, Value>();

  const read = new Set([...program.steps.flatMap((step) => step.inputs), ...program.outputs]);
  const inputs = program.inputs.filter(({ slot }) => read.has(slot));
  for (const { buffer, slot } of inputs) {
    const { dtype, shape } = buffer as TensorSpec;
    values.set(slot, graph.input(inputName(slot), dtype, shape));
  }
  for (const { slot, dtype, shape, elements } of program.constants) {
    if (read.has(slot)) values.set(slot, graph.constant(elements, shape, dtype));
  }
  const blocks = readInBlocks(program);
  for (const step of program.steps) {
    const named: Record<string, Value> = {};
    step.type.inputNames.forEach((inputKey, i) => {
      named[inputKey] = values.get(step.inputs[i]!)!;
    });
    context.readInBlocks = step.outputs.some((slot) => blocks.has(slot));
    const results = lowerInBands(context, step.type.kernel, named, step.type.attributes, lower);
    step.outputs.forEach((slot, i) => {
      if (slot >= 0) values.set(slot, results[i]!);
    });
  }
  program.outputs.forEach((slot, i) => {
    graph.output(outputName(i), values.get(slot)!);
  });
  return { model: graph.build(), values: graph.values, inputs };
}

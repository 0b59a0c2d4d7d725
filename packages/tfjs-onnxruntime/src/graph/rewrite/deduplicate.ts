// Equal steps of equal inputs are computed once; what changes nothing or what nobody needs is left out.

import type { TensorSpec } from '../buffer.ts';
import type { Program, Step } from '../capture.ts';
import { ProgramGraph, sameShape } from './program-graph.ts';

export function deduplicate(program: Program): Program {
  const graph = new ProgramGraph(program);
  const known = new Map<string, readonly number[]>();
  const same = new Map<number, number>();
  const resolve = (slot: number) => same.get(slot) ?? slot;
  const steps: Step[] = [];
  for (const step of program.steps) {
    const inputs = step.inputs.map(resolve);
    if (isIdentity(step, (slot) => graph.spec(slot))) {
      same.set(step.outputs[0]!, inputs[0]!);
      continue;
    }
    const key = `${step.type.id};${inputs.join()}`;
    const outputs = known.get(key);
    // Outputs that the first has not named cannot stand in for those of the second.
    if (outputs && step.outputs.every((slot, i) => slot < 0 || outputs[i]! >= 0)) {
      step.outputs.forEach((slot, i) => {
        if (slot >= 0) same.set(slot, outputs[i]!);
      });
      continue;
    }
    if (!outputs) known.set(key, step.outputs);
    steps.push({ ...step, inputs });
  }
  return { ...program, steps, outputs: program.outputs.map(resolve) };
}

/** A Reshape to the shape that there is: gradients of broadcast operands end in one. */
const isIdentity = (step: Step, specOf: (slot: number) => TensorSpec): boolean =>
  step.type.kernel === 'Reshape' && sameShape(specOf(step.inputs[0]!), step.type.outputs[0]!);

export function withoutUnused(program: Program): Program {
  const needed = new Set(program.outputs);
  const kept: Step[] = [];
  for (const step of program.steps.toReversed()) {
    if (!step.outputs.some((slot) => needed.has(slot))) continue;
    for (const slot of step.inputs) needed.add(slot);
    kept.push(step);
  }
  return { ...program, steps: kept.reverse() };
}

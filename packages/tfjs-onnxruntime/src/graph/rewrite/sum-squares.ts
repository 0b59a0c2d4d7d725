// Sums of squares, such as L2 regularizers, in one pass over their array:
//
//   Sum(Multiply(s, x))                   ->  Multiply(s, Sum(x))    s: a scalar
//   Sum(Square(x)), Sum(Multiply(x, x))   ->  SumSquares(x)          over all elements

import type { TensorSpec } from '../buffer.ts';
import type { Program, Step } from '../capture.ts';
import { makeStep, ProgramGraph } from './program-graph.ts';

export function sumSquares(program: Program): Program {
  const graph = new ProgramGraph(program);
  const steps = program.steps.flatMap((step) => summed(graph, step) ?? step);
  return { ...program, steps };
}

/** The steps in the place of a sum over all elements. */
function summed(graph: ProgramGraph, step: Step): Step[] | undefined {
  const spec = step.type.outputs[0]!;
  if (step.type.kernel !== 'Sum' || spec.dtype !== 'float32' || spec.shape.length > 0) return undefined;
  const [out] = step.outputs as [number];
  const [x] = step.inputs as [number];
  const product = alone(graph, x, step, 'Multiply');
  const at = product?.inputs.findIndex((slot) => graph.spec(slot).shape.length === 0) ?? -1;
  if (product && at >= 0) {
    const inner = product.inputs[1 - at]!;
    const [scalar, sum] = [product.inputs[at]!, graph.newSlot()];
    if (graph.spec(inner).dtype !== 'float32') return undefined;
    return [
      squared(graph, inner, product, sum, spec) ?? { ...step, inputs: [inner], outputs: [sum] },
      makeStep('Multiply', { a: scalar, b: sum }, {}, out, spec),
    ];
  }
  const made = squared(graph, x, step, out, spec);
  return made && [made];
}

function squared(graph: ProgramGraph, slot: number, reader: Step, out: number, spec: TensorSpec) {
  const square = alone(graph, slot, reader, 'Square', 'Multiply');
  const [a, b = a] = square?.inputs ?? [];
  return a !== undefined && a === b ? makeStep('SumSquares', { x: a }, {}, out, spec) : undefined;
}

/** The step that made a slot for one reader only. */
function alone(graph: ProgramGraph, slot: number, reader: Step, ...kernels: string[]): Step | undefined {
  return graph.readOnlyBy(slot, reader) ? graph.maker(slot, ...kernels) : undefined;
}

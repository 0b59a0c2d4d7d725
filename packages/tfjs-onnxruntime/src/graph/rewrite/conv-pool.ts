// A convolution whose output goes into max pooling without overlap, and nowhere else, is computed with it: one
// product for each place of the pooling window, so that the maximum is taken of whole matrices, and bias and Relu
// come after it, on a window's worth fewer elements (both are monotone, so the maximum stays the maximum).
//
//   MaxPool(FusedConv2D(x, w, b))                     ->  ConvPool(x, w, b)
//   Conv2DBackpropFilter(x, MaxPoolGrad(dy, …))       ->  ConvPoolGradFilter(x, w, dy)
//   Conv2DBackpropInput(MaxPoolGrad(dy, …), w)        ->  ConvPoolGradInput(x, w, dy)

import { type ConvPoolAttributes, convPoolFits } from '../../lowering/conv-pool.ts';
import type { Program, Step } from '../capture.ts';
import { inputOf, makeStep, ProgramGraph } from './program-graph.ts';

export function convPool(program: Program): Program {
  const graph = new ProgramGraph(program);
  const replaced = new Map<Step, Step>();
  for (const pool of program.steps) {
    if (pool.type.kernel === 'MaxPool') match(graph, pool, replaced);
  }
  return replaced.size === 0
    ? program
    : { ...program, steps: program.steps.map((step) => replaced.get(step) ?? step) };
}

function match(graph: ProgramGraph, pool: Step, replaced: Map<Step, Step>): void {
  const y = pool.inputs[0]!;
  const p = pool.outputs[0]!;
  const conv = graph.maker(y, 'Conv2D', 'FusedConv2D');
  if (!conv || graph.isOutput(y)) return;
  const x = inputOf(conv, 'x')!;
  const filter = inputOf(conv, 'filter')!;
  const bias = inputOf(conv, 'bias');
  const attributes = { conv: conv.type.attributes, pool: pool.type.attributes } as ConvPoolAttributes;
  const { shape } = graph.spec(x);
  if (bias !== undefined && graph.spec(bias).shape.length !== 1) return;
  if (!convPoolFits(shape, graph.spec(filter).shape, attributes)) return;

  const others = graph.readers(y).filter((step) => step !== pool);
  if (others.length > 1) return;
  const [gradient] = others;
  const gradients: Step[] = [];
  if (gradient) {
    const isOwn = gradient.type.kernel === 'MaxPoolGrad' && inputOf(gradient, 'output') === p;
    if (!isOwn || inputOf(gradient, 'input') !== y || inputOf(gradient, 'dy') === y) return;
    const dx = gradient.outputs[0]!;
    if (graph.isOutput(dx)) return;
    for (const reader of graph.readers(dx)) {
      const { kernel } = reader.type;
      const isFilter = kernel === 'Conv2DBackpropFilter' && inputOf(reader, 'x') === x;
      const isInput = kernel === 'Conv2DBackpropInput' && inputOf(reader, 'filter') === filter;
      if (!isFilter && !isInput) return;
      gradients.push(reader);
    }
  }

  replaced.set(pool, makeStep('ConvPool', { x, filter, bias }, attributes, p, pool.type.outputs[0]!));
  for (const step of gradients) {
    const kernel = step.type.kernel === 'Conv2DBackpropFilter' ? 'ConvPoolGradFilter' : 'ConvPoolGradInput';
    const dy = inputOf(gradient!, 'dy');
    replaced.set(
      step,
      makeStep(kernel, { x, filter, dy }, attributes, step.outputs[0]!, step.type.outputs[0]!),
    );
  }
}

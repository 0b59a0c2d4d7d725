// A convolution or product, its bias and its Relu, which TensorFlow.js takes apart while it differentiates:
//
//   Add(Conv2D(x, w), b)        ->  FusedConv2D(x, w, b)          b: one number a filter
//   Add(DepthwiseConv2dNative)  ->  FusedDepthwiseConv2D          likewise
//   Add(BatchMatMul(a, b), c)   ->  _FusedMatMul(a, b, c)         likewise
//   Relu of either              ->  the same with its activation

import type { Program, Step } from '../capture.ts';
import { inputOf, makeStep, ProgramGraph } from './program-graph.ts';

const FUSED: Readonly<Record<string, string | undefined>> = {
  Conv2D: 'FusedConv2D',
  FusedConv2D: 'FusedConv2D',
  DepthwiseConv2dNative: 'FusedDepthwiseConv2D',
  FusedDepthwiseConv2D: 'FusedDepthwiseConv2D',
  BatchMatMul: '_FusedMatMul',
  _FusedMatMul: '_FusedMatMul',
};

export function fuseBias(program: Program): Program {
  const graph = new ProgramGraph(program);
  /** Fused steps by the slot that they make. */
  const fused = new Map<number, Step>();
  const steps = program.steps.map((step) => {
    const made = addBias(graph, step) ?? addRelu(graph, fused, step);
    if (made) fused.set(made.outputs[0]!, made);
    return made ?? step;
  });
  return { ...program, steps };
}

const isLinear = (step: Step): boolean => (step.type.attributes.activation ?? 'linear') === 'linear';

function addBias(graph: ProgramGraph, step: Step): Step | undefined {
  if (step.type.kernel !== 'Add') return undefined;
  for (const [sum, bias] of [step.inputs, step.inputs.toReversed()] as [number, number][]) {
    const source = graph.maker(sum, ...Object.keys(FUSED));
    if (!source || !graph.readOnlyBy(sum, step) || !isLinear(source)) continue;
    if (inputOf(source, 'bias') !== undefined || source.type.attributes.dataFormat === 'NCHW') continue;
    const { shape } = graph.spec(bias);
    const channels = graph.spec(sum).shape.at(-1);
    // TensorFlow.js Layers adds the bias of a depthwise convolution as (1, 1, 1, C).
    const isVector = shape.at(-1) === channels && shape.slice(0, -1).every((dim) => dim === 1);
    const most = source.type.kernel.includes('MatMul') ? 1 : 4;
    if (!isVector || shape.length > most || graph.spec(bias).dtype !== 'float32') continue;
    return withInput(source, { bias }, {}, step.outputs[0]!);
  }
  return undefined;
}

function addRelu(graph: ProgramGraph, fused: ReadonlyMap<number, Step>, step: Step): Step | undefined {
  if (step.type.kernel !== 'Relu') return undefined;
  const x = step.inputs[0]!;
  const source = fused.get(x) ?? graph.maker(x, ...Object.keys(FUSED));
  if (!source || !graph.readOnlyBy(x, step) || !isLinear(source)) return undefined;
  return withInput(source, {}, { activation: 'relu' }, step.outputs[0]!);
}

function withInput(source: Step, inputs: Record<string, number>, attributes: object, output: number): Step {
  const named = Object.fromEntries(source.type.inputNames.map((name, i) => [name, source.inputs[i]!]));
  return makeStep(
    FUSED[source.type.kernel]!,
    { ...named, ...inputs },
    { ...source.type.attributes, ...attributes },
    output,
    source.type.outputs[0]!,
  );
}

// A Relu that is clipped from above, as ReLU6 is, in one pass and one map instead of two:
//
//   ClipByValue(Relu(x), min <= 0, max)   ->  CappedRelu(x, max)      likewise where the Relu is fused
//
// Gradients (see activation-gradient.ts) read the Relu's output, to tell what was clipped. The map that is left tells it,
// too: it ends at the next number above `max`, half a rounding error away.

import type { Program, Step } from '../capture.ts';
import { makeStep, ProgramGraph } from './program-graph.ts';

const FUSED = ['FusedConv2D', 'FusedDepthwiseConv2D', '_FusedMatMul'];

export function cappedRelu(program: Program): Program {
  const graph = new ProgramGraph(program);
  const capped = new Map<Step, Step>();
  /** Clipped maps by the slots of the Relus that are capped now. */
  const same = new Map<number, number>();
  for (const clip of program.steps) {
    const made = match(graph, clip);
    if (!made) continue;
    capped.set(made.relu, made.capped);
    same.set(clip.outputs[0]!, clip.inputs[0]!);
  }
  if (capped.size === 0) return program;
  const steps = program.steps
    .filter((step) => !(step.type.kernel === 'ClipByValue' && same.has(step.outputs[0]!)))
    .map((step) => capped.get(step) ?? step)
    .map((step) => ({ ...step, inputs: step.inputs.map((slot) => same.get(slot) ?? slot) }));
  return { ...program, steps };
}

function match(graph: ProgramGraph, clip: Step): { relu: Step; capped: Step } | undefined {
  if (clip.type.kernel !== 'ClipByValue') return undefined;
  const [min, max] = ['clipValueMin', 'clipValueMax'].map((name) =>
    Math.fround(clip.type.attributes[name]),
  ) as [number, number];
  const y = clip.inputs[0]!;
  const relu = graph.maker(y, 'Relu', ...FUSED);
  const isRelu = relu?.type.kernel === 'Relu' || relu?.type.attributes.activation === 'relu';
  if (!relu || !isRelu || graph.spec(y).dtype !== 'float32') return undefined;
  if (min > 0 || !(max > 0) || graph.isOutput(clip.outputs[0]!)) return undefined;
  const gradients = graph.readers(y).filter((step) => step !== clip);
  const isGradient = ({ type, inputs }: Step) =>
    (type.kernel === 'ReluGrad' || (type.kernel === 'ClipGrad' && type.attributes.max === max)) &&
    inputs[type.inputNames.indexOf('dy')] !== y;
  if (!gradients.every(isGradient) || !graph.readOnlyBy(y, clip, ...gradients)) return undefined;
  const most = gradients.length > 0 ? nextAbove(max) : max;
  return { relu, capped: withCap(relu, most) };
}

function withCap({ type, inputs, outputs }: Step, most: number): Step {
  const named = Object.fromEntries(type.inputNames.map((name, i) => [name, inputs[i]!]));
  const isAlone = type.kernel === 'Relu';
  return makeStep(
    isAlone ? 'CappedRelu' : type.kernel,
    named,
    isAlone ? { most } : { ...type.attributes, activation: 'cappedRelu', most },
    outputs[0]!,
    type.outputs[0]!,
  );
}

/** The float32 that follows a positive one. */
function nextAbove(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]!++;
  return new Float32Array(bits.buffer)[0]!;
}

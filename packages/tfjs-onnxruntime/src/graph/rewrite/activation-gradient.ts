// Gradients of Relu and of max pooling behind it:
//
//   Multiply(dy, Step(x))                  ->  ReluGrad(dy, y)    with y = Relu(x) where that is at hand
//   ReluGrad(MaxPoolGrad(dy, y, p), y)     ->  MaxPoolGrad(ReluGrad(dy, p), y, p)    at a maximum y is p
//   Select(min <= y <= max, dy, 0)  ->  ClipGrad(dy, y)    with y = Relu(x) and min <= 0, as of ReLU6
//   Sum of MaxPoolGrad(dy, y, p) over images and pixels  ->  the same sum of dy      each dy lands once

import type { Program, Step } from '../capture.ts';
import { oneNumber } from './one-number.ts';
import { inputOf, makeStep, ProgramGraph, sameShape } from './program-graph.ts';

export function reluGradients(program: Program): Program {
  const graph = new ProgramGraph(program);
  const steps: Step[] = [];
  /** Gradients of pools as they are now: rewrites have made new ones. */
  const pooled = new Map<number, Step>();
  const emit = (step: Step) => {
    steps.push(step);
    if (step.type.kernel === 'MaxPoolGrad') pooled.set(step.outputs[0]!, step);
  };

  for (const step of program.steps) {
    const relu = reluGradient(graph, step);
    if (relu) {
      const { gradient, y, output } = relu;
      const spec = graph.spec(output);
      const pool = pooled.get(gradient);
      if (!pool || inputOf(pool, 'input') !== y) {
        emit(makeStep('ReluGrad', { dy: gradient, y }, {}, output, spec));
        continue;
      }
      const [dy, p] = [inputOf(pool, 'dy')!, inputOf(pool, 'output')!];
      const small = graph.newSlot();
      emit(makeStep('ReluGrad', { dy, y: p }, {}, small, graph.spec(p)));
      emit(makeStep('MaxPoolGrad', { dy: small, input: y, output: p }, pool.type.attributes, output, spec));
      continue;
    }
    const clip = clipGradient(graph, step);
    if (clip) {
      const { gradient, y, max } = clip;
      emit(makeStep('ClipGrad', { dy: gradient, y }, { max }, step.outputs[0]!, step.type.outputs[0]!));
      continue;
    }
    const pool = step.type.kernel === 'Sum' ? pooled.get(step.inputs[0]!) : undefined;
    const { axis, keepDims } = step.type.attributes as { axis?: unknown; keepDims?: boolean };
    if (pool && Array.isArray(axis) && axis.join() === '0,1,2' && !keepDims) {
      emit(
        makeStep(
          'Sum',
          { x: inputOf(pool, 'dy') },
          step.type.attributes,
          step.outputs[0]!,
          step.type.outputs[0]!,
        ),
      );
      continue;
    }
    emit(step);
  }
  return { ...program, steps };
}

/** What a gradient through ClipByValue selects by, where the clipped value is a Relu's and only its upper bound matters. */
function clipGradient(
  graph: ProgramGraph,
  step: Step,
): { gradient: number; y: number; max: number } | undefined {
  if (step.type.kernel !== 'Select') return undefined;
  const both = graph.maker(inputOf(step, 'condition'), 'LogicalAnd');
  const below = both && graph.maker(inputOf(both, 'b'), 'LessEqual');
  const above = both && graph.maker(inputOf(both, 'a'), 'GreaterEqual');
  if (!above || !below) return undefined;
  const [y, gradient] = [inputOf(above, 'a')!, inputOf(step, 't')!];
  const number = (slot: number | undefined) => {
    const constant = graph.program.constants.find((c) => c.slot === slot);
    return constant && oneNumber(constant);
  };
  const [min, max, other] = [inputOf(above, 'b'), inputOf(below, 'b'), inputOf(step, 'e')].map(number);
  const isRelu = graph.maker(y, 'Relu') || isFusedRelu(graph, y);
  const fits = isRelu && inputOf(below, 'a') === y && sameShape(graph.spec(y), graph.spec(gradient));
  if (!fits || min === undefined || min > 0 || other !== 0 || !max || max < 0) return undefined;
  return { gradient, y, max };
}

const isFusedRelu = (graph: ProgramGraph, slot: number): boolean =>
  graph.maker(slot, 'FusedConv2D', 'FusedDepthwiseConv2D', '_FusedMatMul')?.type.attributes.activation ===
  'relu';

/** The factors of a product that is a gradient through Relu. */
function reluGradient(
  graph: ProgramGraph,
  step: Step,
): { gradient: number; y: number; output: number } | undefined {
  if (step.type.kernel !== 'Multiply') return undefined;
  const output = step.outputs[0]!;
  const spec = graph.spec(output);
  if (spec.dtype !== 'float32') return undefined;
  for (const [gradient, derivative] of [step.inputs, step.inputs.toReversed()] as [number, number][]) {
    const cast = graph.maker(derivative, 'Cast');
    const source = graph.maker(cast ? cast.inputs[0] : derivative, 'Step');
    if (!source || source.type.attributes.alpha) continue;
    const x = source.inputs[0]!;
    const fits = sameShape(graph.spec(x), spec) && sameShape(graph.spec(gradient), spec);
    if (!fits || graph.spec(x).dtype !== 'float32') continue;
    const activation = graph.readers(x).find((reader) => reader.type.kernel === 'Relu');
    return { gradient, y: activation?.outputs[0] ?? x, output };
  }
  return undefined;
}

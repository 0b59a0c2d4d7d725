// Rewrites of a program before it is lowered. Each is exact, and saves passes over large feature maps:
//
//   Multiply(dy, Step(y))                 ->  ReluGrad(dy, y)
//   ReluGrad(MaxPoolGrad(dy, x, p), x)    ->  MaxPoolGrad(ReluGrad(dy, p), x, p)    at a maximum x is p
//   Sum of MaxPoolGrad(dy, x, p) over images and pixels  ->  the same sum of dy     each dy lands once
//
// and equal steps with equal inputs are computed once.

import type { TensorSpec } from './buffer.ts';
import type { Program, Step } from './capture.ts';

type StepType = Step['type'];

/** The program with the rewrites applied and what is then unused left out. */
export function rewrite(program: Program): Program {
  let steps = deduplicate(program);
  const first = steps.steps;
  steps = { ...steps, steps: new Rewriter(steps.steps, program).run() };
  return first === steps.steps ? steps : withoutUnused(steps);
}

class Rewriter {
  readonly #made = new Map<number, Step>();
  readonly #steps: Step[] = [];
  readonly #source: readonly Step[];
  #nextSlot: number;

  constructor(source: readonly Step[], program: Program) {
    this.#source = source;
    const used = [
      ...program.inputs.map((i) => i.slot),
      ...program.constants.map((c) => c.slot),
      ...program.steps.flatMap((s) => s.outputs),
    ];
    this.#nextSlot = used.reduce((a, b) => Math.max(a, b), 0) + 1;
  }

  run(): Step[] {
    for (const step of this.#source) this.#emit(this.#reluGradient(step) ?? this.#pooledSum(step) ?? step);
    return this.#steps;
  }

  #emit(step: Step): void {
    this.#steps.push(step);
    for (const slot of step.outputs) if (slot >= 0) this.#made.set(slot, step);
  }

  #maker(slot: number | undefined, kernel: string): Step | undefined {
    const step = slot === undefined ? undefined : this.#made.get(slot);
    return step?.type.kernel === kernel ? step : undefined;
  }

  #reluGradient(step: Step): Step | undefined {
    if (step.type.kernel !== 'Multiply') return undefined;
    const [spec] = step.type.outputs as [TensorSpec];
    for (const [gradient, derivative] of [step.inputs, step.inputs.toReversed()] as [number, number][]) {
      const source = this.#stepSource(derivative);
      if (source === undefined || !sameShape(this.#specOf(source)!, spec)) continue;
      const made = this.#made.get(gradient);
      const madeSpec = made?.type.outputs[made.outputs.indexOf(gradient)];
      // Where the factors were broadcast, or the gradient is no result of this program, its shape is not known here.
      if (!madeSpec || !sameShape(madeSpec, spec) || spec.dtype !== 'float32') continue;
      const pooled = this.#maker(gradient, 'MaxPoolGrad');
      const type = reluGradType(spec);
      if (pooled && pooled.inputs[1] === source && pooled.type.inputNames.join() === 'dy,input,output') {
        const [dy, x, p] = pooled.inputs as [number, number, number];
        const small = this.#nextSlot++;
        this.#emit({ type: reluGradType(this.#specOf(p)!), inputs: [dy, p], outputs: [small] });
        return { type: pooled.type, inputs: [small, x, p], outputs: step.outputs };
      }
      return { type, inputs: [gradient, source], outputs: step.outputs };
    }
    return undefined;
  }

  #specOf(slot: number): TensorSpec | undefined {
    const made = this.#made.get(slot);
    return made?.type.outputs[made.outputs.indexOf(slot)];
  }

  /** What a Step (alpha 0) was taken of, through the Cast that gradients put around it. */
  #stepSource(slot: number): number | undefined {
    const cast = this.#maker(slot, 'Cast');
    const step = this.#maker(cast ? cast.inputs[0] : slot, 'Step');
    if (!step || step.type.attributes.alpha) return undefined;
    // A pool's output or an activation: made here, so its shape is that of the gradient.
    return this.#specOf(step.inputs[0]!)?.dtype === 'float32' ? step.inputs[0] : undefined;
  }

  #pooledSum(step: Step): Step | undefined {
    if (step.type.kernel !== 'Sum') return undefined;
    const pooled = this.#maker(step.inputs[0], 'MaxPoolGrad');
    const axes = step.type.attributes.axis;
    if (!pooled || !Array.isArray(axes) || axes.join() !== '0,1,2') return undefined;
    const dy = pooled.inputs[pooled.type.inputNames.indexOf('dy')]!;
    return { ...step, inputs: [dy] };
  }
}

const sameShape = (a: TensorSpec, b: TensorSpec): boolean =>
  a.shape.length === b.shape.length && a.shape.every((dim, i) => dim === b.shape[i]);

const reluGradType = (spec: TensorSpec): StepType => ({
  kernel: 'ReluGrad',
  inputNames: ['dy', 'y'],
  attributes: {},
  outputs: [spec],
});

/** Steps of one type with the same inputs are one step. */
function deduplicate(program: Program): Program {
  const known = new Map<string, readonly number[]>();
  const same = new Map<number, number>();
  const resolve = (slot: number) => same.get(slot) ?? slot;
  const steps: Step[] = [];
  for (const step of program.steps) {
    const inputs = step.inputs.map(resolve);
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

function withoutUnused(program: Program): Program {
  const needed = new Set(program.outputs);
  const kept: Step[] = [];
  for (const step of program.steps.toReversed()) {
    if (!step.outputs.some((slot) => needed.has(slot))) continue;
    for (const slot of step.inputs) needed.add(slot);
    kept.push(step);
  }
  return { ...program, steps: kept.reverse() };
}

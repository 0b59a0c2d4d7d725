// The debug mode: finds the first tensor of a step that holds a NaN or an infinity.
//
// What a step returns and writes is looked through after each run, which costs little. Where that is not finite, the
// program runs once more on the same inputs with all of its values as outputs, unrewritten, so that each of them is
// one call of the user's code.

import { SightlineError } from '@sightline/core';
import type { Feeds } from '@sightline/ort';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import type { Buffer, Elements, TensorSpec } from '../graph/buffer.ts';
import type { Program } from '../graph/capture.ts';
import { inputName, lowerProgram, outputName } from '../graph/lower-program.ts';
import { openSession } from '../runtime/graph-session.ts';
import type { Plan } from './plan.ts';
import { sourceName } from './source-name.ts';
import type { Source } from './trace.ts';

/** The first NaN or infinity, in words; `undefined` where there is none. */
function fault(elements: Elements): string | undefined {
  if (!(elements instanceof Float32Array)) return undefined;
  // A sum of finite float32 numbers is finite in float64, and one that is not finite makes it so.
  let sum = 0;
  for (let i = 0; i < elements.length; i++) sum += elements[i]!;
  if (Number.isFinite(sum)) return undefined;
  const value = elements.find((element) => !Number.isFinite(element))!;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'an infinity' : 'a negative infinity';
}

/**
 * Throws SightlineError `not-finite` where a step has given or written a NaN or an infinity; names the first tensor
 * that has one. Variables still hold the values from before the step.
 */
export function refuseNonFinite(
  backend: OnnxRuntimeBackend,
  plan: Plan,
  feedOf: (input: Buffer) => Feeds[string],
  outputs: Feeds,
  count: number,
): void {
  const { program, sources } = plan;
  const bad = program.outputs.filter((_, i) => fault(outputs[outputName(i)]!.data as Elements));
  if (bad.length === 0) return;
  const needed = ancestors(program, bad);
  for (const { buffer, slot } of program.inputs) {
    const found = needed.has(slot) && fault(feedOf(buffer).data as Elements);
    if (found) throw notFinite(count, `${nameOf(sources.get(buffer)!, buffer as TensorSpec)} holds ${found}`);
  }
  const steps = program.steps.filter((step) => step.outputs.some((slot) => needed.has(slot)));
  const slots = steps.flatMap((step) => step.outputs.filter((slot) => slot >= 0));
  const { options } = backend.executor;
  const lowered = lowerProgram({ ...program, outputs: slots }, 'debug', options.provider);
  const session = openSession(lowered, options);
  const feeds = Object.fromEntries(
    lowered.inputs.map(({ buffer, slot }) => [inputName(slot), feedOf(buffer)]),
  );
  const values = session.run(feeds, Object.fromEntries(slots.map((_, i) => [outputName(i), null])));
  session.dispose();
  const elementsOf = (slot: number) => values[outputName(slots.indexOf(slot))]!.data as Elements;
  for (const step of steps) {
    for (const [i, slot] of step.outputs.entries()) {
      const found = slot >= 0 && fault(elementsOf(slot));
      if (!found) continue;
      const { dtype, shape } = step.type.outputs[i]!;
      const place = step.line ? ` (called ${step.line()})` : '';
      throw notFinite(
        count,
        `the first is the result of ${step.type.kernel}, ${show(dtype, shape)}, with ${found}${place}`,
      );
    }
  }
  // ONNX Runtime's fusions may overflow where single steps do not.
  throw notFinite(
    count,
    `a result holds ${fault(outputs[outputName(program.outputs.indexOf(bad[0]!))]!.data as Elements)}`,
  );
}

const nameOf = (source: Source, { dtype, shape }: TensorSpec): string =>
  `the ${sourceName(source)}, ${show(dtype, shape)},`;

const show = (dtype: string, shape: readonly number[]): string => `${dtype}[${shape.join(', ')}]`;

const notFinite = (count: number, what: string): SightlineError =>
  new SightlineError(
    'not-finite',
    `Step ${count} is not finite: ${what}. The variables keep what they held before this step.`,
  );

/** The slots that lead to some slots, these included. */
function ancestors(program: Program, slots: readonly number[]): ReadonlySet<number> {
  const needed = new Set(slots);
  for (const step of program.steps.toReversed()) {
    if (step.outputs.some((slot) => needed.has(slot))) for (const slot of step.inputs) needed.add(slot);
  }
  return needed;
}

// Which constants of a traced step are learning rates: the step is traced a second time, with other learning rates and
// other seeds, and what differs follows from how it differs.

import { SightlineError } from '@sightline/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { Buffer } from '../graph/buffer.ts';
import type { Program } from '../graph/capture.ts';
import { changed, difference } from './compare-traces.ts';
import { plainRate } from './optimizers.ts';
import type { Source, Trace, TraceOptions } from './trace.ts';

type Fields = Record<string, unknown>;
export type TraceWith = (changes?: Partial<TraceOptions>) => Trace;

/** Seeds that TensorFlow.js' random ops get in two traces. */
export const seedsOf = (round: number) => (draw: number) => (draw + 1) / 2 ** 20 + round / 8 + 2 ** -30;

/** Numbers that nobody would choose, by which learning rates are found again among constants. */
const marked = (place: number): number => 0.0123456789 + 0.00098765 * place;
const MARKED_ITERATION = 7_654_321;

export interface Rate {
  readonly slot: number;
  readonly source: Extract<Source, { rate: Optimizer }>;
}

/**
 * The second trace, and the constants of the first that are learning rates; `undefined` where a learning rate enters
 * into something else.
 */
export function traceAgain(
  first: Trace,
  optimizers: readonly Optimizer[],
  traceWith: TraceWith,
): { second: Trace; rates: Rate[] | undefined } {
  const plain = optimizers.filter((optimizer) => plainRate(optimizer) !== undefined);
  const fields = new Map<Optimizer, Fields>(
    optimizers.map((optimizer) => [optimizer, { iterations_: MARKED_ITERATION }]),
  );
  for (const [i, optimizer] of plain.entries()) fields.get(optimizer)!.learningRate = marked(i);
  const second = traceWith({ seedOf: seedsOf(2), fields });
  const found = difference(first.program, second.program);
  if (!found) return { second, rates: [] };
  const rates = 'slots' in found ? found.slots.map((slot) => rateAt(slot, first, second, plain)) : [];
  if (rates.length > 0 && rates.every((rate) => rate !== undefined)) return { second, rates };

  // Something else differs. What it is shows when the changes are made one by one.
  const same = difference(first.program, traceWith().program);
  if (same) throw changed(same, first, () => traceWith({ lines: true }));
  const counted = new Map(
    optimizers.map((optimizer) => [optimizer, { iterations_: MARKED_ITERATION }] as [Optimizer, Fields]),
  );
  if (difference(first.program, traceWith({ fields: counted }).program)) {
    throw new SightlineError(
      'not-compilable',
      'A compiled step depends on the number of iterations that an optimizer counts in JavaScript: count them in a tf.Variable that the step advances.',
    );
  }
  // The learning rate enters into more than a constant of its own: the step is traced again when it changes.
  return { second: traceWith({ seedOf: seedsOf(2) }), rates: undefined };
}

function rateAt(
  slot: number,
  first: Trace,
  second: Trace,
  optimizers: readonly Optimizer[],
): Rate | undefined {
  const value = ({ program }: Trace) => {
    const { dtype, shape, elements } = program.constants.find((constant) => constant.slot === slot)!;
    return dtype === 'float32' && shape.length === 0 ? elements[0] : undefined;
  };
  const [before, after] = [value(first), value(second)];
  for (const [i, optimizer] of optimizers.entries()) {
    for (const factor of [1, -1]) {
      if (
        before === Math.fround(factor * plainRate(optimizer)!) &&
        after === Math.fround(factor * marked(i))
      ) {
        return { slot, source: { rate: optimizer, factor } };
      }
    }
  }
  return undefined;
}

/** A program with an input for each learning rate, in place of all constants that repeat it. */
export function withRates(program: Program, rates: readonly Rate[]) {
  const buffers = new Map<Buffer, Source>();
  const inputs = program.inputs.slice();
  /** The slot of the input that stands for a constant's. */
  const merged = new Map<number, number>();
  const known: Rate[] = [];
  for (const rate of rates) {
    const same = known.find(
      ({ source }) => source.rate === rate.source.rate && source.factor === rate.source.factor,
    );
    merged.set(rate.slot, same?.slot ?? rate.slot);
    if (same) continue;
    known.push(rate);
    const buffer = new Buffer('float32', [], undefined);
    buffers.set(buffer, rate.source);
    inputs.push({ buffer, slot: rate.slot });
  }
  const moved = (slot: number) => merged.get(slot) ?? slot;
  const replaced: Program = {
    ...program,
    inputs,
    constants: program.constants.filter(({ slot }) => !merged.has(slot)),
    steps: program.steps.map((step) => ({ ...step, inputs: step.inputs.map(moved) })),
    outputs: program.outputs.map(moved),
  };
  return { program: replaced, buffers };
}

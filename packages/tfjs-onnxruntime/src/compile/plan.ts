// A plan says what a traced step needs before each run: which numbers are drawn anew and how, which constants are
// learning rates, and how to see that the trace no longer holds. It comes from two traces of the step with other seeds
// and other learning rates: what differs between them is not constant, and what it is follows from how it differs.

import type { Optimizer } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { EngineError } from '../error.ts';
import { Buffer, type TensorSpec } from '../graph/buffer.ts';
import type { Program } from '../graph/capture.ts';
import { type Difference, describeConstant, difference } from './compare-traces.ts';
import { type Affine, fitFloats, fitIntegers, standardSample } from './fit-random.ts';
import { fingerprint, plainRate } from './optimizers.ts';
import type { Draw } from './random-ops.ts';
import { type Distribution, hashOf } from './random-stream.ts';
import { type Source, type Step, type Trace, type TraceOptions, trace } from './trace.ts';

export interface PlannedDraw extends Affine {
  readonly distribution: Distribution;
  /** A seed of the user's code for this draw alone. */
  readonly seed: number | undefined;
}

export interface Plan {
  readonly trace: Trace;
  /** The program of the trace, with learning rates as inputs. */
  readonly program: Program;
  readonly sources: ReadonlyMap<Buffer, Source>;
  readonly draws: readonly PlannedDraw[];
  /** Whether everything that the step is known to have read in JavaScript is as it was. */
  isCurrent(): boolean;
  /** Traces the step once more; throws EngineError `not-compilable` where it gives another program. */
  verify(): void;
}

type Fields = Record<string, unknown>;
type TraceWith = (changes?: Partial<TraceOptions>) => Trace;

/** Seeds that TensorFlow.js' random ops get in two traces. */
const seedsOf = (round: number) => (draw: number) => (draw + 1) / 2 ** 20 + round / 8 + 2 ** -30;

/** Numbers that nobody would choose, by which learning rates are found again among constants. */
const marked = (place: number): number => 0.0123456789 + 0.00098765 * place;
const MARKED_ITERATION = 7_654_321;

/** `lines` has the calls of the step remember the user's lines. */
export function planStep(
  backend: OnnxRuntimeBackend,
  step: Step,
  specs: readonly TensorSpec[],
  lines = false,
): Plan {
  const noted: Optimizer[] = [];
  const traceWith: TraceWith = (changes) =>
    trace(backend, step, specs, {
      seedOf: seedsOf(1),
      optimizers: noted,
      fields: new Map(),
      lines,
      ...changes,
    });

  let first = traceWith();
  // An optimizer is known when it has been applied; its own tensors are inputs in the next trace.
  const unknown = () => [...first.uses.keys()].filter((optimizer) => !noted.includes(optimizer));
  if (unknown().length > 0) {
    noted.push(...unknown());
    first = traceWith();
  }
  if (unknown().length > 0) {
    throw new EngineError(
      'not-compilable',
      'A compiled step makes an optimizer at each call: make it once, outside of the step.',
    );
  }
  const { second, rates } = traceAgain(first, noted, traceWith);
  const draws = first.draws.map((draw, i) => planDraw(draw, second.draws[i]!));
  const inputs = first.program.inputs.slice();
  const sources = new Map(first.sources);
  for (const { slot, source } of rates) {
    const buffer = new Buffer('float32', [], undefined);
    sources.set(buffer, source);
    inputs.push({ buffer, slot });
  }
  const slots = new Set(rates.map(({ slot }) => slot));
  const constants = first.program.constants.filter(({ slot }) => !slots.has(slot));
  const except = (optimizer: Optimizer): Set<string> => {
    const keys = new Set(['iterations_']);
    for (const source of sources.values()) {
      if ('rate' in source && source.rate === optimizer) keys.add('learningRate');
      if ('optimizer' in source && source.optimizer === optimizer) keys.add(source.key).add('learningRate');
    }
    return keys;
  };
  const watched = [...first.uses.keys()].map((optimizer) => {
    const fields = except(optimizer);
    return { optimizer, fields, before: fingerprint(optimizer, fields) };
  });
  const read = new Set(first.program.inputs.map(({ buffer }) => buffer));
  const variables = [...sources].flatMap(([buffer, source]) =>
    'variable' in source && (read.has(buffer) || first.written.includes(source.variable))
      ? [{ variable: source.variable, trainable: source.variable.trainable }]
      : [],
  );
  // Tensors of the user's that the step read: those that it made itself are gone by now.
  const kept = constants.map(({ buffer }) => buffer).filter((buffer) => buffer.refCount > 0);

  // What was drawn is as large as what it is for: only its hash is kept.
  const samples = first.draws.map(({ sample }) => hashOf(sample));
  const held = { ...first, draws: [] };

  return {
    trace: held,
    program: { ...first.program, inputs, constants },
    sources,
    draws,
    isCurrent: () =>
      kept.every((buffer) => buffer.refCount > 0) &&
      variables.every(
        ({ variable, trainable }) => !variable.isDisposed && variable.trainable === trainable,
      ) &&
      watched.every(({ optimizer, fields, before }) => {
        const now = fingerprint(optimizer, fields);
        return now.length === before.length && now.every((part, i) => Object.is(part, before[i]));
      }),
    verify: () => {
      const again = traceWith();
      const found = difference(held.program, again.program);
      const stale = found && 'slots' in found ? others(found, slots) : found;
      if (stale) throw changed(stale, held, () => traceWith({ lines: true }));
      const drawn = again.draws.find(({ sample }, i) => hashOf(sample) !== samples[i]);
      if (drawn) throw changed({ where: `random numbers ${drawn.line} have another range` }, held);
    },
  };
}

/** Only the slots that are not known to change. */
function others(found: Difference & { slots: readonly number[] }, known: ReadonlySet<number>) {
  const slots = found.slots.filter((slot) => !known.has(slot));
  return slots.length > 0 ? { slots } : undefined;
}

interface Rate {
  readonly slot: number;
  readonly source: Source;
}

/** The second trace, and the constants of the first that are learning rates. */
function traceAgain(
  first: Trace,
  optimizers: readonly Optimizer[],
  traceWith: TraceWith,
): { second: Trace; rates: Rate[] } {
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
    throw new EngineError(
      'not-compilable',
      'A compiled step depends on the number of iterations that an optimizer counts in JavaScript: count them in a tf.Variable that the step advances.',
    );
  }
  // The learning rate enters into more than a constant of its own: the step is traced again when it changes.
  return { second: traceWith({ seedOf: seedsOf(2) }), rates: [] };
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

/** What a draw was asked for, from what it drew in both traces. */
function planDraw(first: Draw, second: Draw): PlannedDraw {
  const { distribution, sample, seed } = first;
  if (seed === undefined) return { distribution, scale: 1, offset: 0, seed: hashOf(sample) };
  const values = [...sample, ...second.sample];
  const size = sample.length;
  const standard = [
    ...standardSample(distribution, size, seed),
    ...standardSample(distribution, size, second.seed!),
  ];
  const { dtype } = first.buffer;
  const fit =
    size === 0
      ? { scale: 1, offset: 0 }
      : dtype === 'float32'
        ? fitFloats(values, standard)
        : dtype === 'int32' && distribution === 'uniform'
          ? fitIntegers(values, standard)
          : undefined;
  if (fit) return { distribution, ...fit, seed: undefined };
  throw new EngineError(
    'not-compilable',
    `A compiled step draws random numbers ${first.line} (${distribution}, ${dtype}[${first.buffer.shape.join()}]) whose ` +
      'range does not follow from what was drawn: draw float32 numbers in a range that does not change, and cast them.',
  );
}

function changed(found: Difference, first: Trace, again?: () => Trace): EngineError {
  let what: string;
  if ('slots' in found) {
    const slot = found.slots[0]!;
    const now = describeConstant(again!().program, slot);
    what = `a constant of ${now.reader} was ${describeConstant(first.program, slot).value} and is ${now.value} now`;
  } else what = found.where;
  return new EngineError(
    'not-compilable',
    `A compiled step has changed since it was traced: ${what}. What changes between steps must be an input, or a tf.Variable.`,
  );
}

// A plan says what a traced step needs before each run: which numbers are drawn anew and how, which constants are
// learning rates, and how to see that the trace no longer holds. It comes from two traces of the step with other seeds
// and other learning rates: what differs between them is not constant, and what it is follows from how it differs.

import { SightlineError } from '@sightline/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import type { Buffer } from '../graph/buffer.ts';
import type { Program } from '../graph/capture.ts';
import { changed, type Difference, difference } from './compare-traces.ts';
import { type PlannedDraw, planDraw } from './fit-random.ts';
import { seedsOf, type TraceWith, traceAgain, withRates } from './learning-rates.ts';
import { fingerprint } from './optimizers.ts';
import { hashOf } from './random-stream.ts';
import type { InputSpec } from './signature.ts';
import { type AnyStep, type Source, type Trace, trace } from './trace.ts';

export interface Plan {
  readonly trace: Trace;
  /** The program of the trace, with learning rates as inputs. */
  readonly program: Program;
  readonly sources: ReadonlyMap<Buffer, Source>;
  readonly draws: readonly PlannedDraw[];
  /** Whether everything that the step is known to have read in JavaScript is as it was. */
  isCurrent(): boolean;
  /** Traces the step once more; throws SightlineError `not-compilable` where it gives another program. */
  verify(): void;
}

/** `lines` has the calls of the step remember the user's lines. */
export function planStep(
  backend: OnnxRuntimeBackend,
  step: AnyStep,
  specs: readonly InputSpec[],
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
  if (first.program.outputs.length === 0) {
    throw new SightlineError(
      'not-compilable',
      'A compiled step gives no tensor and writes no variable: return what it computes.',
    );
  }
  // An optimizer is known when it has been applied; its own tensors are inputs in the next trace.
  const unknown = () => [...first.uses.keys()].filter((optimizer) => !noted.includes(optimizer));
  if (unknown().length > 0) {
    noted.push(...unknown());
    first = traceWith();
  }
  if (unknown().length > 0) {
    throw new SightlineError(
      'not-compilable',
      'A compiled step makes an optimizer at each call: make it once, outside of the step.',
    );
  }
  const { second, rates } = traceAgain(first, noted, traceWith);
  const draws = first.draws.map((draw, i) => planDraw(draw, second.draws[i]!));
  const sources = new Map(first.sources);
  const { program, buffers } = withRates(first.program, rates ?? []);
  for (const [buffer, source] of buffers) sources.set(buffer, source);
  const slots = new Set(rates?.map(({ slot }) => slot));
  const except = (optimizer: Optimizer): Set<string> => {
    const keys = new Set(['iterations_']);
    // Where all differences were found, the learning rate enters nowhere else.
    if (rates) keys.add('learningRate');
    for (const source of sources.values()) {
      if ('optimizer' in source && source.optimizer === optimizer) keys.add(source.key);
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
  const kept = program.constants.map(({ buffer }) => buffer).filter((buffer) => buffer.refCount > 0);

  // What was drawn is as large as what it is for: only its hash is kept.
  const samples = first.draws.map(({ sample }) => hashOf(sample));
  for (const { buffer } of first.draws) buffer.elements = undefined;
  // What the step made itself is read from the program.
  for (const { buffer } of first.program.constants) if (buffer.refCount === 0) buffer.elements = undefined;
  const held = { ...first, draws: [] };

  return {
    trace: held,
    program,
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

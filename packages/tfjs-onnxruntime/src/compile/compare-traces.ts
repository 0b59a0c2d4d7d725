// Two traces of one step must give the same program. Where they do not, something in JavaScript has changed between
// them: a number in a closure, a clock, a count.

import { Buffer } from 'node:buffer';
import { SightlineError } from '@sightline/core';
import type { Elements } from '../graph/buffer.ts';
import type { Program, Step } from '../graph/capture.ts';
import type { Trace } from './trace.ts';

export type Difference =
  /** Constants that hold other elements, by their slots. */
  | { readonly slots: readonly number[] }
  /** The first place where the programs themselves part. */
  | { readonly where: string };

/** How the program `b` differs from `a`; `undefined` where they are equal. */
export function difference(a: Program, b: Program): Difference | undefined {
  for (let i = 0; i < Math.max(a.steps.length, b.steps.length); i++) {
    const [before, after] = [a.steps[i], b.steps[i]];
    if (!before || !after || !sameStep(before, after)) {
      return {
        where: !before
          ? `it calls ${describe(after!)} besides`
          : after
            ? `${describe(before)} has become ${describe(after)}`
            : `it no longer calls ${describe(before)}`,
      };
    }
  }
  if (a.outputs.join() !== b.outputs.join() || a.inputs.length !== b.inputs.length) {
    return { where: 'its results or the variables that it writes are others' };
  }
  const slots: number[] = [];
  for (const [i, { slot, elements }] of a.constants.entries()) {
    const other = b.constants[i];
    if (other?.slot !== slot) return { where: 'a constant has become an input' };
    if (!sameElements(elements, other.elements)) slots.push(slot);
  }
  return slots.length > 0 ? { slots } : undefined;
}

function sameStep(a: Step, b: Step): boolean {
  if (a.inputs.join() !== b.inputs.join() || a.outputs.join() !== b.outputs.join()) return false;
  if (a.type === b.type) return true;
  return (
    a.type.kernel === b.type.kernel &&
    JSON.stringify([a.type.attributes, a.type.outputs]) ===
      JSON.stringify([b.type.attributes, b.type.outputs])
  );
}

/** Bit by bit: of megabytes, element by element would take seconds. */
function sameElements(a: Elements, b: Elements): boolean {
  return a === b || bytesOf(a).equals(bytesOf(b));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Elements): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function describe(step: Step): string {
  const { dtype, shape } = step.type.outputs[0]!;
  const attributes = JSON.stringify(step.type.attributes);
  return `${step.type.kernel}${attributes === '{}' ? '' : attributes} of ${dtype}[${shape.join()}]${step.line ? ` ${step.line()}` : ''}`;
}

/** A constant of a program for a message: its value, and who reads it. */
function describeConstant(program: Program, slot: number): { value: string; reader: string } {
  const { elements } = program.constants.find((constant) => constant.slot === slot)!;
  const reader = program.steps.find((step) => step.inputs.includes(slot));
  const head = Array.from(elements.subarray(0, 3), (value) => Number(value.toPrecision(6)));
  return {
    value: elements.length > 3 ? `[${head.join(', ')}, …]` : head.join(', '),
    reader: reader ? `${reader.type.kernel}${reader.line ? ` ${reader.line()}` : ''}` : 'the result',
  };
}

/** The error of a step that has changed; `again` traces it with lines, so that the message has them. */
export function changed(found: Difference, first: Trace, again?: () => Trace): SightlineError {
  const now = again?.();
  const shown = (now && difference(first.program, now.program)) ?? found;
  let what: string;
  if ('where' in shown) what = shown.where;
  else {
    const slot = shown.slots[0]!;
    const { value } = describeConstant(first.program, slot);
    const then = describeConstant((now ?? first).program, slot);
    what = `a constant of ${then.reader} was ${value} and is ${then.value === value ? 'another' : then.value} now`;
  }
  return new SightlineError(
    'not-compilable',
    `A compiled step has changed since it was traced: ${what}. What changes between steps must be an input, or a tf.Variable.`,
  );
}

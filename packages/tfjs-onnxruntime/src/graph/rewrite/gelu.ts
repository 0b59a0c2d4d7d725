// GELU with the error function, as TensorFlow.js' activation `gelu` spells it out, and its gradient. With u = x / sqrt(2)
// and the distribution function P = 0.5 (1 + erf(u)):
//
//   x P                                                  ->  Gelu(x)
//   dy P + ((dy x 0.5) (exp(-u u) 2 / sqrt(pi))) / sqrt(2)  ->  GeluGrad(dy, x)
//
// Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016).

import type { Program, Step } from '../capture.ts';
import { oneNumber } from './one-number.ts';
import { makeStep, ProgramGraph, sameShape } from './program-graph.ts';

export function gelu(program: Program): Program {
  const matcher = new Matcher(program);
  return {
    ...program,
    steps: program.steps.map((step) => matcher.gelu(step) ?? matcher.gradient(step) ?? step),
  };
}

/** Numbers that were computed in double precision and kept as floats. */
const isNear = (a: number | undefined, b: number): boolean =>
  a !== undefined && Math.abs(a - b) < 1e-6 * Math.abs(b);

class Matcher {
  readonly #graph: ProgramGraph;
  readonly #numbers: ReadonlyMap<number, number | undefined>;

  constructor(program: Program) {
    this.#graph = new ProgramGraph(program);
    this.#numbers = new Map(
      program.constants.filter(({ shape }) => shape.length === 0).map((c) => [c.slot, oneNumber(c)]),
    );
  }

  /** x P. */
  gelu(step: Step): Step | undefined {
    const slot = step.outputs[0]!;
    for (const [x, p] of this.#operands(slot, 'Multiply')) {
      if (this.#distribution(p) === x) return makeStep('Gelu', { x }, {}, slot, this.#graph.spec(slot));
    }
    return undefined;
  }

  gradient(step: Step): Step | undefined {
    const slot = step.outputs[0]!;
    for (const [first, second] of this.#operands(slot, 'Add')) {
      for (const [dy, p] of this.#operands(first, 'Multiply')) {
        const x = this.#distribution(p);
        if (x === undefined || !sameShape(this.#graph.spec(dy), this.#graph.spec(x))) continue;
        if (this.#isThroughDensity(second, dy, x))
          return makeStep('GeluGrad', { dy, x }, {}, slot, this.#graph.spec(slot));
      }
    }
    return undefined;
  }

  /** The x of P = 0.5 (1 + erf(x / sqrt(2))). */
  #distribution(slot: number): number | undefined {
    const sum = this.#otherThan(0.5, slot, 'Multiply');
    const erf = this.#graph.maker(sum && this.#otherThan(1, sum, 'Add'), 'Erf');
    return erf && this.#dividedBy(Math.SQRT2, erf.inputs[0]!);
  }

  /** Whether a slot is the gradient through P: ((dy x 0.5) (exp(-u u) 2 / sqrt(pi))) / sqrt(2). */
  #isThroughDensity(slot: number, dy: number, x: number): boolean {
    const product = this.#dividedBy(Math.SQRT2, slot);
    if (product === undefined) return false;
    return this.#operands(product, 'Multiply').some(([half, derivative]) => {
      const both = this.#otherThan(0.5, half, 'Multiply');
      if (both === undefined) return false;
      const isBoth = this.#operands(both, 'Multiply').some(([a, b]) => a === dy && b === x);
      const exp = this.#graph.maker(this.#otherThan(2 / Math.sqrt(Math.PI), derivative, 'Multiply'), 'Exp');
      const square = this.#graph.maker(this.#graph.maker(exp?.inputs[0], 'Neg')?.inputs[0], 'Square');
      return isBoth && square !== undefined && this.#dividedBy(Math.SQRT2, square.inputs[0]!) === x;
    });
  }

  /** Both orders of the operands of the step that made a slot, if it is of this kernel. */
  #operands(slot: number, kernel: string): [number, number][] {
    const [a, b] = this.#graph.maker(slot, kernel)?.inputs ?? [];
    return a === undefined || b === undefined
      ? []
      : [
          [a, b],
          [b, a],
        ];
  }

  /** The operand beside a constant number. */
  #otherThan(number: number, slot: number, kernel: string): number | undefined {
    return this.#operands(slot, kernel).find(([a]) => isNear(this.#numbers.get(a), number))?.[1];
  }

  #dividedBy(number: number, slot: number): number | undefined {
    const [a, b] = this.#graph.maker(slot, 'RealDiv')?.inputs ?? [];
    return b !== undefined && isNear(this.#numbers.get(b), number) ? a : undefined;
  }
}

// Sums over images and pixels of forms, from sums and dot products of their bases:
//
//   sum of (a x + c)          =  a sum(x) + n c
//   sum of (a x + c)(b y + d) =  a b dot(x, y) + a d sum(x) + b c sum(y) + n c d

import {
  type ChannelForm,
  type ChannelVector,
  isLinear,
  isNumber,
  type LinearForm,
  ZERO,
} from './channel-form.ts';
import type { ChannelVectors } from './channel-vectors.ts';
import type { ProgramGraph } from './program-graph.ts';

export class ChannelSums {
  /** Bases whose sum is 0: differences from their own mean. */
  readonly toZero = new Set<number>();
  readonly #graph: ProgramGraph;
  readonly #vectors: ChannelVectors;

  constructor(graph: ProgramGraph, vectors: ChannelVectors) {
    this.#graph = graph;
    this.#vectors = vectors;
  }

  /** The sum of a form over its `rows`. */
  of(form: ChannelForm, rows: number): ChannelVector {
    return isLinear(form) ? this.#linear(form, rows) : this.#product(form.factors, rows);
  }

  #linear({ terms, offset }: LinearForm, rows: number): ChannelVector {
    const vectors = this.#vectors;
    let total = vectors.multiply(offset, { scale: rows });
    for (const [base, factor] of terms)
      total = vectors.add(total, vectors.multiply(factor, this.#base(base)));
    return total;
  }

  #product([a, b]: readonly [LinearForm, LinearForm], rows: number): ChannelVector {
    const vectors = this.#vectors;
    const product = (...factors: ChannelVector[]) => factors.reduce((x, y) => vectors.multiply(x, y));
    const parts = [product(a.offset, b.offset, { scale: rows })];
    for (const [x, factor] of a.terms) {
      for (const [y, other] of b.terms) parts.push(product(factor, other, this.#dot(x, y)));
      if (!isNumber(b.offset, 0)) parts.push(product(factor, b.offset, this.#base(x)));
    }
    if (!isNumber(a.offset, 0)) {
      for (const [y, factor] of b.terms) parts.push(product(factor, a.offset, this.#base(y)));
    }
    return parts.reduce((x, y) => vectors.add(x, y));
  }

  #base(base: number): ChannelVector {
    if (this.toZero.has(base)) return ZERO;
    const { shape } = this.#graph.spec(base);
    const axis = shape.slice(0, -1).map((_, i) => i);
    const spec = { dtype: 'float32', shape: [shape.at(-1)!] } as const;
    return { scale: 1, slot: this.#vectors.step('Sum', { x: base }, { axis, keepDims: false }, spec) };
  }

  #dot(x: number, y: number): ChannelVector {
    const [a, b] = x < y ? [x, y] : [y, x];
    const spec = { dtype: 'float32', shape: [this.#graph.spec(x).shape.at(-1)!] } as const;
    return { scale: 1, slot: this.#vectors.step('ChannelDot', { a, b }, {}, spec) };
  }
}

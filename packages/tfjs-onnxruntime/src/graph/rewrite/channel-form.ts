// Feature maps written out in others: a *linear form* is the sum of factor times *base* over some feature maps, plus an
// offset; factors and offsets are *channel vectors*. A *product form* is the product of two linear ones.

/** `scale` times the channel vector (C) or scalar in a slot; without a slot the number itself. */
export interface ChannelVector {
  readonly scale: number;
  readonly slot?: number | undefined;
}

export interface LinearForm {
  /** Factors by the slot of their base. */
  readonly terms: ReadonlyMap<number, ChannelVector>;
  readonly offset: ChannelVector;
}

export interface ProductForm {
  readonly factors: readonly [LinearForm, LinearForm];
}

export type ChannelForm = LinearForm | ProductForm;

export const ZERO: ChannelVector = { scale: 0 };
const ONE: ChannelVector = { scale: 1 };

export const isNumber = (v: ChannelVector, value: number): boolean =>
  v.slot === undefined && v.scale === value;

export const isLinear = (form: ChannelForm): form is LinearForm => 'terms' in form;

export const baseForm = (slot: number): LinearForm => ({ terms: new Map([[slot, ONE]]), offset: ZERO });
export const offsetForm = (offset: ChannelVector): LinearForm => ({ terms: new Map(), offset });

/** The base that a form is, if it is nothing else. */
export function plainBase(form: ChannelForm): number | undefined {
  if (!isLinear(form) || form.terms.size !== 1 || !isNumber(form.offset, 0)) return undefined;
  const [[slot, factor]] = form.terms as unknown as [[number, ChannelVector]];
  return isNumber(factor, 1) ? slot : undefined;
}

/** What a form adds up vectors with. */
export interface VectorArithmetic {
  add(a: ChannelVector, b: ChannelVector): ChannelVector;
  multiply(a: ChannelVector, b: ChannelVector): ChannelVector;
}

export function addForms(vectors: VectorArithmetic, a: LinearForm, b: LinearForm): LinearForm {
  const terms = new Map(a.terms);
  for (const [slot, factor] of b.terms) {
    const known = terms.get(slot);
    terms.set(slot, known ? vectors.add(known, factor) : factor);
  }
  return { terms, offset: vectors.add(a.offset, b.offset) };
}

export const scaleForm = (vectors: VectorArithmetic, form: LinearForm, by: ChannelVector): LinearForm => ({
  terms: new Map([...form.terms].map(([slot, factor]) => [slot, vectors.multiply(factor, by)])),
  offset: vectors.multiply(form.offset, by),
});

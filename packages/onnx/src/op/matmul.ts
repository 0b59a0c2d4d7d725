// Matrix products.

import type { GraphBuilder } from '../graph-builder.ts';
import type { Dim, Value } from '../model.ts';
import { broadcast } from '../shape.ts';
import { flag, float, mismatch, requireRank, sameDtype, string } from './attribute.ts';

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** alpha A B + beta C of matrices, each transposed on demand; C broadcasts to the product. */
export function gemm(g: GraphBuilder, a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
  const dtype = c ? sameDtype('Gemm', a, b, c) : sameDtype('Gemm', a, b);
  requireRank('Gemm', a, 2);
  requireRank('Gemm', b, 2);
  const { transA, transB, alpha = 1, beta = 1 } = options;
  const [m, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [kb, n] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (k !== kb) mismatch('Gemm', `the inner sizes must be equal (${k} and ${kb})`, a, b);
  if (c) broadcast('Gemm', [m, n], c.shape);
  const attributes = {
    transA: flag(transA),
    transB: flag(transB),
    alpha: alpha === 1 ? undefined : float(alpha),
    beta: beta === 1 ? undefined : float(beta),
  };
  return g.add('Gemm', { inputs: [a, b, c], outputs: [{ dtype, shape: [m, n] }], attributes })[0]!;
}

function productShape(op: string, a: Value, b: Value, transA: boolean, transB: boolean): Dim[] {
  if (a.shape.length < 2 || b.shape.length < 2) mismatch(op, 'both operands must have rank 2 or more', a, b);
  const [ra, ca] = a.shape.slice(-2) as [Dim, Dim];
  const [rb, cb] = b.shape.slice(-2) as [Dim, Dim];
  const [m, k] = transA ? [ca, ra] : [ra, ca];
  const [kb, n] = transB ? [cb, rb] : [rb, cb];
  if (k !== kb) mismatch(op, `the inner sizes must be equal (${k} and ${kb})`, a, b);
  return [...broadcast(op, a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
}

/** The product of the last two axes, over broadcast leading ones. */
export function matMul(g: GraphBuilder, a: Value, b: Value): Value {
  const dtype = sameDtype('MatMul', a, b);
  const shape = productShape('MatMul', a, b, false, false);
  return g.add('MatMul', { inputs: [a, b], outputs: [{ dtype, shape }] })[0]!;
}

/** ONNX Runtime's own product with its operands transposed on the way (com.microsoft, cpu and cuda). */
export function fusedMatMul(
  g: GraphBuilder,
  a: Value,
  b: Value,
  options: { readonly transA?: boolean; readonly transB?: boolean; readonly alpha?: number } = {},
): Value {
  const dtype = sameDtype('FusedMatMul', a, b);
  const { transA = false, transB = false, alpha } = options;
  const shape = productShape('FusedMatMul', a, b, transA, transB);
  const attributes = {
    transA: flag(transA),
    transB: flag(transB),
    alpha: alpha === undefined ? undefined : float(alpha),
  };
  const spec = { inputs: [a, b], outputs: [{ dtype, shape }], attributes, domain: 'com.microsoft' };
  return g.add('FusedMatMul', spec)[0]!;
}

/** Einstein's summation by an explicit equation such as `ij,jk->ik`, one letter an axis. */
export function einsum(g: GraphBuilder, values: readonly Value[], equation: string): Value {
  const dtype = sameDtype('Einsum', ...values);
  const [left, right] = equation.split('->') as [string, string | undefined];
  const sizes = new Map<string, Dim>();
  const terms = left.split(',');
  if (right === undefined || terms.length !== values.length) {
    mismatch('Einsum', `${equation} must name one term for each input, and the result`, ...values);
  }
  for (const [i, term] of terms.entries()) {
    const { shape } = values[i]!;
    if (term.length !== shape.length) mismatch('Einsum', `${term} must name each axis`, values[i]!);
    for (const [axis, letter] of [...term].entries()) {
      const known = sizes.get(letter);
      if (known !== undefined && known !== shape[axis]) {
        mismatch('Einsum', `the axis ${letter} of ${equation} has two sizes`, ...values);
      }
      sizes.set(letter, shape[axis]!);
    }
  }
  const shape = [...right].map((letter) => sizes.get(letter)!);
  const attributes = { equation: string(equation) };
  return g.add('Einsum', { inputs: [...values], outputs: [{ dtype, shape }], attributes })[0]!;
}

// Kernels that are matrix products.

import { broadcast, type GraphBuilder, op, type Value } from '@sightline/onnx';
import { type ActivationAttributes, activate, matched } from './elementwise.ts';
import { type Lowering, listOf, numeric, scalar, shapeOf } from './lowering.ts';

interface MatMulAttributes extends ActivationAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The product over no elements at all: zeros, which ONNX Runtime's product of several matrices leaves as they come. */
function emptySum(
  g: GraphBuilder,
  a: Value,
  b: Value,
  transA: boolean,
  transB: boolean,
  bias?: Value,
): Value {
  const [as, bs] = [shapeOf(a), shapeOf(b)];
  const batch = broadcast('MatMul', as.slice(0, -2), bs.slice(0, -2)) as number[];
  const shape = [...batch, as.at(transA ? -1 : -2)!, bs.at(transB ? -2 : -1)!];
  const zeros = op.expand(g, scalar(g, 0, a.dtype), shape);
  return bias ? op.add(g, zeros, bias) : zeros;
}

/** (…, m, k) times (…, k, n), either transposed; leading axes of size 1 broadcast. A bias is fused where it can be. */
function product(g: GraphBuilder, a: Value, b: Value, transA: boolean, transB: boolean, bias?: Value): Value {
  const [as, bs] = [shapeOf(a), shapeOf(b)];
  const isFloat = a.dtype === 'float32';
  if (as.at(transA ? -2 : -1) === 0 && bs.at(transB ? -1 : -2) === 0)
    return emptySum(g, a, b, transA, transB, bias);
  const batch = [...as.slice(0, -2), ...bs.slice(0, -2)];
  // ONNX Runtime's Gemm takes no integers.
  if (isFloat && batch.every((dim) => dim === 1)) {
    const rank = Math.max(as.length, bs.length);
    const [a2, b2] = [op.reshape(g, a, as.slice(-2)), op.reshape(g, b, bs.slice(-2))];
    const fused = bias && shapeOf(bias).length <= 2 ? bias : undefined;
    const flat = op.gemm(g, a2, b2, fused, { transA, transB });
    const result = op.reshape(g, flat, [...Array(rank - 2).fill(1), ...shapeOf(flat)]);
    return bias && !fused ? op.add(g, result, bias) : result;
  }
  const swap = (x: Value) => {
    const perm = shapeOf(x).map((_, i) => i);
    perm.push(...perm.splice(-2, 1));
    return op.transpose(g, x, perm);
  };
  // ONNX Runtime fuses these transposes into the product where its provider can.
  const result = op.matMul(g, transA ? swap(a) : a, transB ? swap(b) : b);
  return bias ? op.add(g, result, bias) : result;
}

export const MATMUL: Record<string, Lowering> = {
  Einsum: ({ graph: g }, inputs, { equation }: { equation: string }) => {
    const values = listOf(inputs).map((v) => numeric(g, v));
    const { dtype } = values.find((v) => v.dtype === 'float32') ?? values[0]!;
    const alike = values.map((v) => op.cast(g, v, dtype));
    return op.einsum(g, alike, equation.replaceAll(' ', ''));
  },
  BatchMatMul: ({ graph: g }, { a, b }, { transposeA, transposeB }: MatMulAttributes) =>
    product(g, ...matched(g, a!, b!), transposeA, transposeB),
  _FusedMatMul: ({ graph: g }, { a, b, bias, preluActivationWeights }, attributes: MatMulAttributes) => {
    const { transposeA, transposeB } = attributes;
    const value = product(g, ...matched(g, a!, b!), transposeA, transposeB, bias);
    return activate(g, value, attributes, preluActivationWeights);
  },
};

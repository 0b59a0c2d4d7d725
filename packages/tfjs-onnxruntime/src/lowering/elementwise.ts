// Kernels that work element by element, and the activations.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { elementByElement } from './blocked-maps.ts';
import { asFloat, isNan, type Lowering, numeric, scalar, throughInt32 } from './lowering.ts';
import { byChannel } from './wide-rows.ts';

type UnaryOperator = (g: GraphBuilder, x: Value) => Value;
type BinaryOperator = (g: GraphBuilder, a: Value, b: Value) => Value;

/** Computed in float32, whatever comes. */
const float =
  (apply: UnaryOperator): Lowering =>
  ({ graph }, { x }) =>
    apply(graph, asFloat(graph, x!));

/** Integers stay integers. */
const number =
  (apply: UnaryOperator): Lowering =>
  ({ graph }, { x }) =>
    apply(graph, numeric(graph, x!));

/** Integers are whole already. */
const rounding =
  (apply: UnaryOperator): Lowering =>
  ({ graph }, { x }) =>
    x!.dtype === 'float32' ? apply(graph, x!) : x!;

/** Brings two operands to one element type, the wider of the two. */
export function matched(g: GraphBuilder, a: Value, b: Value): [Value, Value] {
  if (a.dtype === b.dtype) return [numeric(g, a), numeric(g, b)];
  const dtype = a.dtype === 'float32' || b.dtype === 'float32' ? 'float32' : 'int32';
  return [op.cast(g, a, dtype), op.cast(g, b, dtype)];
}

const binary =
  (apply: BinaryOperator): Lowering =>
  (context, { a, b }) =>
    byChannel(context, apply, ...matched(context.graph, a!, b!));

const logical =
  (apply: BinaryOperator): Lowering =>
  ({ graph }, { a, b }) =>
    apply(graph, op.cast(graph, a!, 'bool'), op.cast(graph, b!, 'bool'));

const square: UnaryOperator = (g, x) => op.mul(g, x, x);

/** TensorFlow.js' sign of NaN is 0, and neither comparison holds for it. */
const sign: UnaryOperator = (g, x) => {
  const zero = scalar(g, 0, x.dtype);
  return op.sub(g, op.cast(g, op.greater(g, x, zero), x.dtype), op.cast(g, op.less(g, x, zero), x.dtype));
};

const realDiv: BinaryOperator = (g, a, b) => op.div(g, asFloat(g, a), asFloat(g, b));

/** TensorFlow rounds quotients of integers down; ONNX' Div rounds towards zero. */
const floorDiv: BinaryOperator = (g, a, b) => {
  const quotient = op.floor(g, op.div(g, asFloat(g, a), asFloat(g, b)));
  return a.dtype === 'int32' ? zeroWhereZero(g, b, op.cast(g, quotient, 'int32')) : quotient;
};

/** Divided by the integer 0, as TensorFlow.js does: 0. */
const zeroWhereZero = (g: GraphBuilder, divisor: Value, x: Value): Value =>
  op.where(g, op.equal(g, divisor, scalar(g, 0, 'int32')), scalar(g, 0, 'int32'), x);

/** The remainder with the sign of the divisor. */
const floorMod: BinaryOperator = (g, a, b) => {
  if (a.dtype === 'int32') {
    const isZero = op.equal(g, b, scalar(g, 0, 'int32'));
    const remainder = op.mod(g, a, op.where(g, isZero, scalar(g, 1, 'int32'), b), false);
    return zeroWhereZero(g, b, remainder);
  }
  const remainder = op.mod(g, a, b, true);
  const zero = g.float(0);
  const otherSign = op.less(g, op.mul(g, a, b), zero);
  return op.where(g, otherSign, op.mod(g, op.add(g, remainder, b), b, true), remainder);
};

const atan2: BinaryOperator = (g, a, b) => {
  const [y, x] = [asFloat(g, a), asFloat(g, b)];
  const zero = g.float(0);
  const quadrant = op.atan(g, op.div(g, y, x));
  const negativeY = op.less(g, y, zero);
  const turn = op.where(g, negativeY, g.float(-Math.PI), g.float(Math.PI));
  const left = op.add(g, quadrant, turn);
  const upright = op.where(
    g,
    op.equal(g, y, zero),
    zero,
    op.where(g, negativeY, g.float(-Math.PI / 2), g.float(Math.PI / 2)),
  );
  const onAxis = op.where(g, op.equal(g, x, zero), upright, quadrant);
  return op.where(g, op.less(g, x, zero), left, onAxis);
};

/** Exact near zero, where exp(x) - 1 loses all digits: 2 tanh(x / 2) / (1 - tanh(x / 2)). */
const expm1: UnaryOperator = (g, x) => {
  const t = op.tanh(g, op.mul(g, x, g.float(0.5)));
  const small = op.div(g, op.mul(g, g.float(2), t), op.sub(g, g.float(1), t));
  const large = op.sub(g, op.exp(g, x), g.float(1));
  return op.where(g, op.less(g, op.abs(g, x), g.float(0.5)), small, large);
};

/** Exact near zero: x log(1 + x) / ((1 + x) - 1), after Kahan; x itself where 1 + x rounds to 1; log(1 + x) from 1 on. */
const log1p: UnaryOperator = (g, x) => {
  const u = op.add(g, x, g.float(1));
  const d = op.sub(g, u, g.float(1));
  const flat = op.equal(g, d, g.float(0));
  const scaled = op.mul(g, op.log(g, u), op.div(g, x, op.where(g, flat, g.float(1), d)));
  const large = op.greater(g, x, g.float(1));
  return op.where(g, large, op.log(g, u), op.where(g, flat, x, scaled));
};

const relu6: UnaryOperator = (g, x) => op.clip(g, x, scalar(g, 0, x.dtype), scalar(g, 6, x.dtype));

/** Relu is taken of floats only; of integers the maximum with 0 is the same. */
const relu: UnaryOperator = (g, x) =>
  x.dtype === 'float32' ? op.relu(g, x) : op.max(g, x, scalar(g, 0, x.dtype));

const cappedRelu = (g: GraphBuilder, x: Value, most: number): Value =>
  op.clip(g, x, g.float(0), g.float(most));

const elu: UnaryOperator = (g, x) => op.elu(g, x, 1);

/** Constants of Klambauer et al., Self-Normalizing Neural Networks (2017), as in TensorFlow. */
const SELU = { alpha: 1.7580993408473768 / 1.0507009873554805, gamma: 1.0507009873554805 };

/** The activation that a convolution or a product has fused. */
export interface ActivationAttributes {
  /** TensorFlow.js' name, or `cappedRelu` of graph/rewrite. */
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
  /** Of `cappedRelu`: its largest value. */
  readonly most?: number;
}

/** Applies a fused activation; `slope` is that of `prelu`. */
export function activate(
  g: GraphBuilder,
  x: Value,
  { activation, leakyreluAlpha = 0.2, most }: ActivationAttributes,
  slope?: Value,
): Value {
  switch (activation) {
    case undefined:
    case null:
    case 'linear':
      return x;
    case 'relu':
      return op.relu(g, x);
    case 'cappedRelu':
      return cappedRelu(g, x, most!);
    case 'relu6':
      return relu6(g, x);
    case 'elu':
      return elu(g, x);
    case 'sigmoid':
      return op.sigmoid(g, x);
    case 'leakyrelu':
      return op.leakyRelu(g, x, leakyreluAlpha);
    case 'prelu':
      return op.prelu(g, x, slope!);
    default:
      throw new Error(`the fused activation ${activation} is unknown.`);
  }
}

/** An activation that a convolution in blocks applies by itself. */
export function blockedActivation({
  activation,
  most,
}: ActivationAttributes): op.BlockedActivation | undefined {
  if (activation === 'relu') return { name: 'Relu' };
  return activation === 'cappedRelu' ? { name: 'Clip', parameters: [0, most!] } : undefined;
}

const compare =
  (apply: BinaryOperator): Lowering =>
  ({ graph }, { a, b }) =>
    a!.dtype === 'bool' && b!.dtype === 'bool' && apply === op.equal
      ? op.equal(graph, a!, b!)
      : apply(graph, ...matched(graph, a!, b!));

/** A slope from 0 to 1 that only numbers too small for 24 digits (below 1e-38) lie on. */
const STEP = 3e38;

/** 1 where an output of Relu is positive, 0 where it is 0. One pass: a comparison and a cast would be two, and slower. */
const isPositive: UnaryOperator = (g, y) => op.hardSigmoid(g, y, STEP, 0);

/**
 * 1 where x is at most a positive float32, 0 where it is larger: with a slope of 1 by the spacing of floats there, the
 * next number above is 0 already, and all of it is exact.
 */
const isAtMost = (g: GraphBuilder, x: Value, most: number): Value => {
  const bound = Math.fround(most);
  const slope = 2 ** (23 - Math.floor(Math.log2(bound)));
  return op.hardSigmoid(g, x, -slope, bound * slope + 1);
};

/** 1 where a is at least b, 0 where it is less. A comparison and a cast take longer. */
export const isNotLess: BinaryOperator = (g, a, b) => op.hardSigmoid(g, op.sub(g, a, b), STEP, 1);

/** 0.5 (1 + erf(u)), the distribution function of the normal distribution at u sqrt(2): two passes. */
const normalDistribution: UnaryOperator = (g, u) => op.hardSigmoid(g, op.erf(g, u), 0.5, 0.5);

/** x P(x), with P the normal distribution's (made by graph/rewrite). */
const gelu: UnaryOperator = (g, x) =>
  op.mul(g, x, normalDistribution(g, op.mul(g, x, g.float(Math.SQRT1_2))));

/** dy (P(x) + x P'(x)); with u = x / sqrt(2), x P'(x) is u exp(-u u - log(pi) / 2). */
const geluGrad: BinaryOperator = (g, dy, x) => {
  const u = op.mul(g, x, g.float(Math.SQRT1_2));
  const density = op.exp(g, op.sub(g, g.float(-Math.log(Math.PI) / 2), op.mul(g, u, u)));
  return op.mul(g, dy, op.add(g, normalDistribution(g, u), op.mul(g, u, density)));
};

export const ELEMENTWISE: Record<string, Lowering> = {
  Abs: number(op.abs),
  Acos: float(op.acos),
  Acosh: float(op.acosh),
  Add: binary(op.add),
  Asin: float(op.asin),
  Asinh: float(op.asinh),
  Atan: float(op.atan),
  Atan2: binary(atan2),
  Atanh: float(op.atanh),
  BitwiseAnd: binary(op.bitwiseAnd),
  Ceil: rounding(op.ceil),
  Cos: float(op.cos),
  Cosh: float(op.cosh),
  Elu: float(elu),
  Equal: compare(op.equal),
  Erf: float(op.erf),
  Exp: float(op.exp),
  Expm1: float(expm1),
  Floor: rounding(op.floor),
  FloorDiv: binary(floorDiv),
  Gelu: ({ graph }, { x }) => gelu(graph, x!),
  GeluGrad: ({ graph }, { dy, x }) => geluGrad(graph, dy!, x!),
  Greater: compare(op.greater),
  GreaterEqual: compare(op.greaterOrEqual),
  IsFinite: ({ graph: g }, { x }) =>
    op.not(g, op.or(g, isNan(g, asFloat(g, x!)), op.isInf(g, asFloat(g, x!)))),
  IsInf: float(op.isInf),
  IsNan: float(isNan),
  Less: compare(op.less),
  LessEqual: compare(op.lessOrEqual),
  Log: float(op.log),
  Log1p: float(log1p),
  LogicalAnd: logical(op.and),
  LogicalNot: ({ graph }, { x }) => op.not(graph, op.cast(graph, x!, 'bool')),
  LogicalOr: logical(op.or),
  Maximum: binary(op.max),
  Minimum: binary(op.min),
  Mod: binary(floorMod),
  Multiply: binary(op.mul),
  Neg: number(op.neg),
  NotEqual: ({ graph }, { a, b }) =>
    op.not(
      graph,
      op.equal(graph, ...((a!.dtype === b!.dtype ? [a!, b!] : matched(graph, a!, b!)) as [Value, Value])),
    ),
  Pow: binary(op.pow),
  RealDiv: binary(realDiv),
  Reciprocal: float(op.reciprocal),
  Relu: (context, { x }) =>
    elementByElement(context, [numeric(context.graph, x!)], (map) => relu(context.graph, map)),
  Relu6: number(relu6),
  Round: rounding(op.round),
  Rsqrt: float((g, x) => op.reciprocal(g, op.sqrt(g, x))),
  // Of two operators: WebGPU has no Selu.
  Selu: float((g, x) => op.mul(g, op.elu(g, x, SELU.alpha), g.float(SELU.gamma))),
  Sigmoid: float(op.sigmoid),
  Sign: number(sign),
  Sin: float(op.sin),
  Sinh: float(op.sinh),
  Softplus: float(op.softplus),
  Sqrt: float(op.sqrt),
  Square: number(square),
  SquaredDifference: binary((g, a, b) => square(g, op.sub(g, a, b))),
  Sub: binary(op.sub),
  Tan: float(op.tan),
  Tanh: float(op.tanh),

  AddN: ({ graph }, inputs) =>
    Object.values(inputs)
      .map((x) => numeric(graph, x))
      .reduce((a, b) => op.add(graph, a, b)),
  Cast: ({ graph }, { x }, { dtype }: { dtype: 'float32' | 'int32' | 'bool' }) => op.cast(graph, x!, dtype),
  ClipByValue: ({ graph: g }, { x }, a: { clipValueMin: number; clipValueMax: number }) =>
    throughInt32(g, x!, (v) =>
      op.clip(g, v, scalar(g, a.clipValueMin, v.dtype), scalar(g, a.clipValueMax, v.dtype)),
    ),
  EluGrad: ({ graph: g }, { dy, y }) =>
    op.where(g, op.greaterOrEqual(g, y!, g.float(0)), dy!, op.mul(g, dy!, op.add(g, y!, g.float(1)))),
  LeakyRelu: ({ graph: g }, { x }, { alpha }: { alpha: number }) => op.leakyRelu(g, asFloat(g, x!), alpha),
  Prelu: ({ graph: g }, { x, alpha }) => op.prelu(g, asFloat(g, x!), alpha!),
  /** From 0 to `most` (made by graph/rewrite). */
  CappedRelu: (context, { x }, { most }: { most: number }) =>
    elementByElement(context, [x!], (map) => cappedRelu(context.graph, map, most)),
  /** dy where y, which is not negative, is at most `max`: a gradient through ClipByValue (made by graph/rewrite). */
  ClipGrad: (context, { dy, y }, { max }: { max: number }) =>
    elementByElement(context, [dy!, y!], (d, map) =>
      op.mul(context.graph, d, isAtMost(context.graph, map, max)),
    ),
  /** dy where y is positive: what the derivative of a fused Relu multiplies (made by graph/rewrite). */
  ReluGrad: (context, { dy, y }) =>
    elementByElement(context, [dy!, y!], (d, map) =>
      op.mul(context.graph, d, isPositive(context.graph, map)),
    ),
  Select: ({ graph: g }, { condition, t, e }) => {
    const rank = t!.shape.length;
    const mask =
      condition!.shape.length === 1 && rank > 1
        ? op.reshape(g, condition!, [condition!.shape[0]!, ...Array(rank - 1).fill(1)])
        : condition!;
    // ONNX Runtime has no Where of bool.
    const [a, b] = matched(g, t!, e!);
    const chosen = op.where(g, op.cast(g, mask, 'bool'), a, b);
    return t!.dtype === 'bool' && e!.dtype === 'bool' ? op.cast(g, chosen, 'bool') : chosen;
  },
  /** 1 where x is positive, `alpha` where not, NaN where x is NaN. */
  Step: ({ graph: g }, { x }, { alpha = 0 }: { alpha?: number }) => {
    const positive = op.greater(g, x!, scalar(g, 0, x!.dtype));
    if (x!.dtype !== 'float32')
      return op.where(g, positive, scalar(g, 1, x!.dtype), scalar(g, alpha, x!.dtype));
    const step = op.where(g, positive, g.float(1), g.float(alpha));
    return op.where(g, isNan(g, x!), x!, step);
  },
};

// Kernels that work element by element.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  apart,
  asFloat,
  type Binary,
  broadcast,
  type Cases,
  positive,
  small,
  solid,
  type Unary,
  unary,
  upTo,
} from './draw.ts';

const UNARY: Record<string, Unary> = {
  Abs: tf.abs,
  Acos: (x) => tf.acos(small(x)),
  Acosh: (x) => tf.acosh(tf.add(positive(x), 1)),
  Asin: (x) => tf.asin(small(x)),
  Asinh: tf.asinh,
  Atan: tf.atan,
  Atanh: (x) => tf.atanh(small(x)),
  Cast: (x) => tf.cast(tf.cast(x, 'int32'), 'float32'),
  Ceil: tf.ceil,
  ClipByValue: (x) => tf.clipByValue(x, -1, 0.8),
  Cos: tf.cos,
  Cosh: tf.cosh,
  Elu: tf.elu,
  Erf: tf.erf,
  Exp: tf.exp,
  Expm1: tf.expm1,
  Floor: tf.floor,
  Identity: tf.clone,
  IsFinite: (x) => asFloat(tf.isFinite(x)),
  IsInf: (x) => asFloat(tf.isInf(x)),
  IsNan: (x) => asFloat(tf.isNaN(x)),
  LeakyRelu: (x) => tf.leakyRelu(x, 0.3),
  Log: (x) => tf.log(positive(x)),
  Log1p: (x) => tf.log1p(positive(x)),
  Neg: tf.neg,
  OnesLike: tf.onesLike,
  Reciprocal: (x) => tf.reciprocal(apart(x)),
  Relu: tf.relu,
  Relu6: (x) => tf.relu6(tf.mul(x, 4)),
  Round: tf.round,
  Rsqrt: (x) => tf.rsqrt(positive(x)),
  Selu: tf.selu,
  Sigmoid: tf.sigmoid,
  Sign: tf.sign,
  Sin: tf.sin,
  Sinh: tf.sinh,
  Softplus: tf.softplus,
  Sqrt: (x) => tf.sqrt(positive(x)),
  Square: tf.square,
  Step: (x) => tf.step(x, 0.25),
  Tan: (x) => tf.tan(small(x)),
  Tanh: tf.tanh,
  ZerosLike: tf.zerosLike,
};

const BINARY: Record<string, Binary> = {
  Add: tf.add,
  Atan2: (a, b) => tf.atan2(a, apart(b)),
  FloorDiv: (a, b) => tf.floorDiv(a, apart(b)),
  GreaterEqual: (a, b) => asFloat(tf.greaterEqual(a, b)),
  Maximum: tf.maximum,
  Minimum: tf.minimum,
  Mod: (a, b) => tf.mod(a, apart(b)),
  Multiply: tf.mul,
  Pow: (a, b) => tf.pow(positive(a), b),
  RealDiv: (a, b) => tf.div(a, apart(b)),
  SquaredDifference: tf.squaredDifference,
  Sub: tf.sub,
};

/** Of BINARY: their gradients in TensorFlow.js do not sum over broadcast axes. */
const OF_EQUAL_SHAPES = new Set(['Maximum', 'Minimum', 'SquaredDifference']);

export const ELEMENTWISE_CASES: Record<string, Cases> = {
  ...Object.fromEntries(Object.entries(UNARY).map(([kernel, op]) => [kernel, unary(op)])),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([kernel, op]) => [kernel, broadcast(op, OF_EQUAL_SHAPES.has(kernel))]),
  ),
  AddN: solid().map((s) => ({ shapes: [s, s, s], op: (...xs) => tf.addN(xs) })),
  Prelu: fc.array(fc.tuple(upTo(4), fc.boolean()), { minLength: 1, maxLength: 4 }).map((dims) => ({
    shapes: [dims.map(([dim]) => dim), dims.map(([dim, own]) => (own ? dim : 1))],
    op: (x, alpha) => tf.prelu(x!, alpha!),
  })),
  Select: solid().map((s) => ({
    shapes: [s, s],
    op: (a, b) => tf.where(tf.cast(tf.fill(s as [number], 1), 'bool'), a!, b!),
  })),
};

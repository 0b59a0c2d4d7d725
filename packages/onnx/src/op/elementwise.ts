// Operators that work element by element; operands broadcast as in NumPy.

import type { DType } from '../dtype.ts';
import { DTYPES } from '../dtype.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { Value } from '../model.ts';
import { broadcast } from '../shape.ts';
import { float, int, requireDtype, sameDtype } from './attribute.ts';

type Unary = (g: GraphBuilder, x: Value) => Value;
type Binary = (g: GraphBuilder, a: Value, b: Value) => Value;

const NUMBERS: DType[] = ['float32', 'float16', 'float64', 'int8', 'uint8', 'int32', 'int64'];
const FLOATS: DType[] = ['float32', 'float16', 'float64'];

const unary =
  (opType: string, allowed: DType[], result?: DType): Unary =>
  (g, x) => {
    requireDtype(opType, x, ...allowed);
    return g.add(opType, { inputs: [x], outputs: [{ dtype: result ?? x.dtype, shape: x.shape }] })[0]!;
  };

const binary =
  (opType: string, allowed: DType[], result?: DType): Binary =>
  (g, a, b) => {
    const dtype = sameDtype(opType, a, b);
    requireDtype(opType, a, ...allowed);
    const shape = broadcast(opType, a.shape, b.shape);
    return g.add(opType, { inputs: [a, b], outputs: [{ dtype: result ?? dtype, shape }] })[0]!;
  };

export const abs = unary('Abs', NUMBERS);
export const acos = unary('Acos', FLOATS);
export const acosh = unary('Acosh', FLOATS);
export const asin = unary('Asin', FLOATS);
export const asinh = unary('Asinh', FLOATS);
export const atan = unary('Atan', FLOATS);
export const atanh = unary('Atanh', FLOATS);
export const ceil = unary('Ceil', FLOATS);
export const cos = unary('Cos', FLOATS);
export const cosh = unary('Cosh', FLOATS);
export const erf = unary('Erf', FLOATS);
export const exp = unary('Exp', FLOATS);
export const floor = unary('Floor', FLOATS);
export const identity = unary('Identity', [...NUMBERS, 'bool']);
export const isInf = unary('IsInf', FLOATS, 'bool');
export const isNan = unary('IsNaN', FLOATS, 'bool');
export const log = unary('Log', FLOATS);
export const neg = unary('Neg', NUMBERS);
export const not = unary('Not', ['bool']);
export const reciprocal = unary('Reciprocal', FLOATS);
export const relu = unary('Relu', FLOATS);
/** Rounds half to even. */
export const round = unary('Round', FLOATS);
export const sigmoid = unary('Sigmoid', FLOATS);
export const sign = unary('Sign', NUMBERS);
export const sin = unary('Sin', FLOATS);
export const sinh = unary('Sinh', FLOATS);
export const softplus = unary('Softplus', FLOATS);
export const sqrt = unary('Sqrt', FLOATS);
export const tan = unary('Tan', FLOATS);
export const tanh = unary('Tanh', FLOATS);

export const add = binary('Add', NUMBERS);
export const sub = binary('Sub', NUMBERS);
export const mul = binary('Mul', NUMBERS);
/** Integers are divided towards zero. */
export const div = binary('Div', NUMBERS);
export const pow = binary('Pow', NUMBERS);
export const max = binary('Max', NUMBERS);
export const min = binary('Min', NUMBERS);
export const equal = binary('Equal', [...NUMBERS, 'bool'], 'bool');
export const greater = binary('Greater', NUMBERS, 'bool');
export const greaterOrEqual = binary('GreaterOrEqual', NUMBERS, 'bool');
export const less = binary('Less', NUMBERS, 'bool');
export const lessOrEqual = binary('LessOrEqual', NUMBERS, 'bool');
export const and = binary('And', ['bool']);
export const or = binary('Or', ['bool']);
export const xor = binary('Xor', ['bool']);
export const bitwiseAnd = binary('BitwiseAnd', ['int32', 'int64', 'uint8']);

/** The remainder: with the sign of the divisor (`floor`), or of the dividend, as C's fmod. Floats take fmod only. */
export function mod(g: GraphBuilder, a: Value, b: Value, fmod: boolean): Value {
  const dtype = sameDtype('Mod', a, b);
  const shape = broadcast('Mod', a.shape, b.shape);
  const attributes = { fmod: int(fmod ? 1 : 0) };
  return g.add('Mod', { inputs: [a, b], outputs: [{ dtype, shape }], attributes })[0]!;
}

/** `condition ? a : b`, broadcast. */
export function where(g: GraphBuilder, condition: Value, a: Value, b: Value): Value {
  requireDtype('Where', condition, 'bool');
  const dtype = sameDtype('Where', a, b);
  const shape = broadcast('Where', condition.shape, a.shape, b.shape);
  return g.add('Where', { inputs: [condition, a, b], outputs: [{ dtype, shape }] })[0]!;
}

/** Converts the element type; floats to integers towards zero, numbers to bool by `!= 0`. */
export function cast(g: GraphBuilder, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  const attributes = { to: int(DTYPES[dtype].code) };
  return g.add('Cast', { inputs: [x], outputs: [{ dtype, shape: x.shape }], attributes })[0]!;
}

/** Limits x to [low, high]; a bound that is left out does not limit. */
export function clip(g: GraphBuilder, x: Value, low?: Value, high?: Value): Value {
  requireDtype('Clip', x, ...NUMBERS);
  const out = { dtype: x.dtype, shape: x.shape };
  return g.add('Clip', { inputs: [x, low, high], outputs: [out] })[0]!;
}

const withAlpha =
  (opType: string) =>
  (g: GraphBuilder, x: Value, alpha: number): Value => {
    requireDtype(opType, x, ...FLOATS);
    const out = { dtype: x.dtype, shape: x.shape };
    return g.add(opType, { inputs: [x], outputs: [out], attributes: { alpha: float(alpha) } })[0]!;
  };

export const elu = withAlpha('Elu');
export const leakyRelu = withAlpha('LeakyRelu');

export function selu(g: GraphBuilder, x: Value, alpha: number, gamma: number): Value {
  requireDtype('Selu', x, ...FLOATS);
  const out = { dtype: x.dtype, shape: x.shape };
  return g.add('Selu', {
    inputs: [x],
    outputs: [out],
    attributes: { alpha: float(alpha), gamma: float(gamma) },
  })[0]!;
}

/** max(0, min(1, alpha x + beta)) */
export function hardSigmoid(g: GraphBuilder, x: Value, alpha: number, beta: number): Value {
  requireDtype('HardSigmoid', x, ...FLOATS);
  const out = { dtype: x.dtype, shape: x.shape };
  const attributes = { alpha: float(alpha), beta: float(beta) };
  return g.add('HardSigmoid', { inputs: [x], outputs: [out], attributes })[0]!;
}

/** slope x where x < 0; `slope` broadcasts to x. */
export function prelu(g: GraphBuilder, x: Value, slope: Value): Value {
  const dtype = sameDtype('PRelu', x, slope);
  return g.add('PRelu', { inputs: [x, slope], outputs: [{ dtype, shape: x.shape }] })[0]!;
}

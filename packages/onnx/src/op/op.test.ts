// Every operator's inferred shape and element type is held against what ONNX Runtime really computes.

import { SightlineError } from '@sightline/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, GraphBuilder, op, type Value } from '../index.ts';

const ramp = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => (i % 7) / 7 + 0.1), shape };
};

type Case = (g: GraphBuilder, x: Value) => Value | Value[];

/** Each takes x: float32 [2, 4, 6, 8]. */
const CASES: Record<string, Case> = {
  ...Object.fromEntries(
    (['abs', 'asin', 'ceil', 'cos', 'erf', 'exp', 'isInf', 'isNan', 'log', 'neg', 'relu', 'round'] as const)
      .concat(['sigmoid', 'sign', 'softplus', 'sqrt', 'tanh'] as never)
      .map((name) => [name, (g: GraphBuilder, x: Value) => op[name](g, x)]),
  ),
  'add broadcasts': (g, x) => op.add(g, x, g.constant(Float32Array.from({ length: 6 }), [6, 1])),
  'greater gives bool': (g, x) => op.greater(g, x, g.float(0.5)),
  where: (g, x) => op.where(g, op.less(g, x, g.float(0.5)), x, g.float(0)),
  cast: (g, x) => op.cast(g, x, 'int32'),
  clip: (g, x) => op.clip(g, x, g.float(0.2), g.float(0.4)),
  mod: (g, x) => op.mod(g, x, g.float(0.3), true),
  'reduceSum keeps': (g, x) => op.reduceSum(g, x, [1, -1], true),
  reduceMean: (g, x) => op.reduceMean(g, x, [0]),
  argMax: (g, x) => op.argMax(g, x, 2),
  cumSum: (g, x) => op.cumSum(g, x, 1, true),
  softmax: (g, x) => op.softmax(g, x),
  topK: (g, x) => op.topK(g, x, 3),
  matMul: (g, x) => op.matMul(g, x, op.transpose(g, x, [0, 1, 3, 2])),
  fusedMatMul: (g, x) => op.fusedMatMul(g, x, x, { transA: true }),
  gemm: (g, x) =>
    op.gemm(g, op.reshape(g, x, [8, 48]), op.reshape(g, x, [8, 48]), g.float(1), { transB: true }),
  'reshape to empty': (g, x) => op.reshape(g, op.slice(g, x, [0], [0], [0]), [4, 0, 3]),
  gather: (g, x) => op.gather(g, x, g.constant(Int32Array.of(0, 3, 1, 1), [2, 2]), 1),
  'slice backwards': (g, x) => op.slice(g, x, [-1, 1], [-100, 5], [3, 2], [-2, 3]),
  'slice between': (g, x) =>
    op.sliceBetween(
      g,
      x,
      [g.constant(Int32Array.of(0, 1, 5, 0)), g.constant(Int32Array.of(1, 4, 0, 8))],
      [1, 1, -2, 1],
      [1, 3, 3, 8],
    ),
  concat: (g, x) => op.concat(g, [x, x, x], 1),
  split: (g, x) => op.split(g, x, [1, 5], 2),
  pad: (g, x) => op.pad(g, x, [0, 1, 2, 0], [0, 0, 1, 3]),
  'pad reflects': (g, x) => op.pad(g, x, [0, 0, 2, 0], [0, 0, 1, 3], 'reflect'),
  'pad by': (g, x) => op.padBy(g, x, g.ints([0, 1, 2, 0, 0, 0, 1, 3]), g.float(2), [2, 5, 9, 11]),
  expand: (g, x) => op.expand(g, op.slice(g, x, [0], [1], [1]), [2, 5, 6, 8]),
  tile: (g, x) => op.tile(g, x, [1, 2, 1, 3]),
  oneHot: (g, x) => op.oneHot(g, op.cast(g, x, 'int64'), 3, g.float(0), g.float(1)),
  conv: (g, x) =>
    op.conv(g, x, g.constant(ramp(5, 4, 3, 3).data, [5, 4, 3, 3]), g.constant(ramp(5).data), {
      strides: [2, 1],
      pads: [1, 0, 2, 1],
      dilations: [1, 2],
    }),
  'depthwise conv': (g, x) =>
    op.conv(g, x, g.constant(ramp(8, 1, 3, 3).data, [8, 1, 3, 3]), undefined, { group: 4 }),
  convTranspose: (g, x) =>
    op.convTranspose(g, x, g.constant(ramp(4, 3, 3, 3).data, [4, 3, 3, 3]), {
      strides: [2, 2],
      pads: [1, 1, 0, 1],
      outputPadding: [1, 0],
    }),
  maxPool: (g, x) => op.maxPool(g, x, { kernel: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] }),
  averagePool: (g, x) => op.averagePool(g, x, { kernel: [2, 2], strides: [1, 2] }),
  globalAveragePool: (g, x) => op.globalAveragePool(g, x),
  quantizeLinear: (g, x) => op.quantizeLinear(g, x, g.float(0.01), g.constant(Uint8Array.of(3), [])),
  'dequantizeLinear by channel': (g, x) => {
    const scales = g.constant(ramp(4).data);
    const zeros = g.constant(new Int8Array(4));
    return op.dequantizeLinear(g, op.quantizeLinear(g, x, scales, zeros, { axis: 1 }), scales, zeros, {
      axis: 1,
    });
  },
  scatterND: (g, x) => op.scatterND(g, x, g.constant(BigInt64Array.of(1n, 0n), [2, 1]), x, 'add'),
  gatherND: (g, x) => op.gatherND(g, x, g.constant(BigInt64Array.of(1n, 0n, 0n, 3n), [2, 2])),
};

describe('operators infer what ONNX Runtime computes', () => {
  for (const [name, build] of Object.entries(CASES)) {
    it(name, async () => {
      const g = new GraphBuilder(name);
      const { data, shape } = ramp(2, 4, 6, 8);
      const values = [build(g, g.input('x', 'float32', shape))].flat();
      for (const [i, value] of values.entries()) g.output(`y${i}`, value);
      const session = await InferenceSession.create(encodeModel(g.build()), { logSeverityLevel: 3 });
      const results = await session.run({ x: new Tensor('float32', data, shape) });
      values.forEach((value, i) => {
        expect({ shape: results[`y${i}`]!.dims, dtype: results[`y${i}`]!.type }).toEqual({
          shape: value.shape,
          dtype: value.dtype,
        });
      });
    });
  }
});

describe('wrong graphs fail where they are built', () => {
  const g = new GraphBuilder('wrong');
  const x = g.input('x', 'float32', [2, 4, 6, 8]);
  const bad: [string, () => unknown, RegExp][] = [
    [
      'broadcast',
      () => op.add(g, x, g.constant(new Float32Array(5))),
      /Add cannot broadcast \[2, 4, 6, 8\] with \[5\]/,
    ],
    [
      'dtype',
      () => op.add(g, x, g.ints([1])),
      /Add needs one element type, but got float32\[2, 4, 6, 8\] and int64\[1\]/,
    ],
    ['inner size', () => op.matMul(g, x, x), /MatMul: the inner sizes must be equal \(8 and 6\)/],
    ['elements', () => op.reshape(g, x, [2, 4]), /Reshape: \[2, 4\] holds 8 elements/],
    ['axis', () => op.gather(g, x, g.ints([0]), 4), /Gather: axis 4 is outside a tensor of rank 4/],
    ['bool', () => op.and(g, x, x), /And takes bool/],
  ];
  for (const [name, build, message] of bad) {
    it(name, () => {
      expect(build).toThrow(SightlineError);
      expect(build).toThrow(message);
    });
  }
});

// Every kernel that TensorFlow.js can differentiate and that has a lowering, over drawn shapes, strides, paddings,
// dilations, axes and broadcasts, against TensorFlow.js' cpu backend: the result and the gradients of all inputs.
// GRADIENTS is the list; a kernel that is not in it fails the last test.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, checkAll } from '../testing/against-cpu.ts';
import { LOWERINGS } from './index.ts';

type Cases = fc.Arbitrary<Case>;
type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const size = upTo(9);
const pad = fc.constantFrom('valid' as const, 'same' as const);

/** Shapes of up to four axes; now and then one is empty. */
const shape = (least = 0) =>
  fc.array(fc.oneof({ weight: 12, arbitrary: upTo(4) }, { weight: 1, arbitrary: fc.constant(0) }), {
    minLength: least,
    maxLength: 4,
  });
/** The same without empty axes, where TensorFlow.js' own cpu backend has no result. */
const solid = (least = 0, most = 4) => fc.array(upTo(4), { minLength: least, maxLength: most });

const unary = (op: Unary): Cases => shape().map((s) => ({ shapes: [s], op: (x) => op(x!) }));

/**
 * Two shapes that broadcast: axes of size 1 and missing leading axes. Some gradients of TensorFlow.js hold for equal
 * shapes only.
 */
const broadcast = (op: Binary, ofEqualShapes = false): Cases =>
  fc
    .record({
      dims: fc.array(fc.record({ dim: upTo(4), a: fc.boolean(), b: fc.boolean() }), { maxLength: 4 }),
      equal: fc.boolean(),
      cut: upTo(4, 0),
    })
    .map(({ dims, equal, cut }) => {
      const whole = dims.map(({ dim }) => dim);
      const shapes = equal
        ? [whole, whole]
        : [dims.map((d) => (d.a ? d.dim : 1)), dims.map((d) => (d.b ? d.dim : 1)).slice(cut)];
      return { shapes, op: (a, b) => op(a!, b!), forwardOnly: ofEqualShapes && !equal };
    });

/** Of BINARY: their gradients in TensorFlow.js do not sum over broadcast axes. */
const OF_EQUAL_SHAPES = new Set(['Maximum', 'Minimum', 'SquaredDifference']);

const reduction = (op: (x: tf.Tensor, axis: number[], keep: boolean) => tf.Tensor): Cases =>
  fc
    .record({ s: solid(1), axes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), keep: fc.boolean() })
    .map(({ s, axes, keep }) => ({
      shapes: [s],
      op: (x) =>
        op(
          x!,
          s.map((_, i) => i).filter((i) => axes[i]),
          keep,
        ),
    }));

/** A shape with one of its axes. */
const alongAxis = (op: (x: tf.Tensor, axis: number) => tf.Tensor): Cases =>
  solid(1).chain((s) =>
    upTo(s.length - 1, 0).map((axis) => ({ shapes: [s], op: (x: tf.Tensor) => op(x, axis) }) as Case),
  );

/** Away from 0, with both signs. */
const apart = (x: tf.Tensor) => tf.add(x, 5);
const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5);
/** Within (-1, 1). */
const small = (x: tf.Tensor) => tf.mul(x, 0.4);
const asFloat = (x: tf.Tensor) => tf.cast(x, 'float32');

const conv = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    h: size,
    w: size,
    c: fc.integer({ min: 1, max: 4 }),
    filters: fc.integer({ min: 1, max: 5 }),
    kh: fc.integer({ min: 1, max: 4 }),
    kw: fc.integer({ min: 1, max: 4 }),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilation: fc.integer({ min: 1, max: 2 }),
    pad,
  })
  // A valid window must fit, and TensorFlow.js forbids strides together with dilations.
  .filter((a) => a.pad === 'same' || ((a.kh - 1) * a.dilation < a.h && (a.kw - 1) * a.dilation < a.w))
  .map((a) => (a.stride[0] > 1 || a.stride[1] > 1 ? { ...a, dilation: 1 } : a));

const images = (a: { n: number; h: number; w: number; c: number }) => [a.n, a.h, a.w, a.c];
type Image = tf.Tensor4D;

/** Images to be resized, with the new size. */
const resized = (op: (x: Image, to: [number, number], align: boolean) => tf.Tensor): Cases =>
  fc
    .record({
      n: upTo(2),
      h: size,
      w: size,
      square: fc.boolean(),
      c: upTo(3),
      to: fc.tuple(size, size),
      align: fc.boolean(),
    })
    .map((a) => (a.square ? { ...a, w: a.h } : a))
    .map((a) => ({
      shapes: [images(a)],
      op: (x) => op(x as Image, a.to, a.align),
      // The cpu backend's gradients swap height and width, take the wrong image from the second on, and divide by 0
      // where one pixel is aligned. The transpose is tested below in every form.
      forwardOnly: a.n > 1 || a.h !== a.w || (a.align && a.h === 1),
    }));

const blocks = fc.record({
  n: upTo(2),
  h: upTo(3),
  w: upTo(3),
  c: upTo(3),
  block: fc.tuple(upTo(3), upTo(3)),
});

const pool = (op: typeof tf.maxPool): Cases =>
  conv.map((a) => ({
    shapes: [[a.n, a.h + 3, a.w + 3, a.c]],
    op: (x) => op(x as Image, [a.kh, a.kw], a.stride, a.pad),
  }));

/** Small volumes with a window that fits. */
const volume = fc
  .record({
    n: upTo(2),
    size: fc.tuple(upTo(5), upTo(5), upTo(5)),
    c: upTo(2),
    filters: upTo(3),
    window: fc.oneof(
      fc.tuple(upTo(3), upTo(3), upTo(3)),
      fc.tuple(upTo(3), upTo(3)).map(([d, k]) => [d, k, k] as [number, number, number]),
    ),
    stride: fc.tuple(upTo(2), upTo(2), upTo(2)),
    pad,
  })
  .filter((a) => a.pad === 'same' || a.window.every((k, axis) => k <= a.size[axis]!));
type Volume = tf.Tensor5D;

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

const STRUCTURED: Record<string, Cases> = {
  AddN: solid().map((s) => ({ shapes: [s, s, s], op: (...xs) => tf.addN(xs) })),
  ArgMax: alongAxis((x, axis) => asFloat(tf.argMax(x, axis))),
  ArgMin: alongAxis((x, axis) => asFloat(tf.argMin(x, axis))),
  AvgPool: pool(tf.avgPool),
  AvgPool3D: volume.map((a) => ({
    shapes: [[a.n, ...a.size, a.c]],
    op: (x) => tf.avgPool3d(x as Volume, a.window, a.stride, a.pad),
  })),
  BatchMatMul: fc
    .tuple(upTo(3), size, size, size, fc.boolean(), fc.boolean())
    .map(([batch, m, k, n, ta, tb]) => ({
      shapes: [
        [batch, ...(ta ? [k, m] : [m, k])],
        [batch, ...(tb ? [n, k] : [k, n])],
      ],
      op: (a, b) => tf.matMul(a!, b!, ta, tb),
    })),
  BatchToSpaceND: blocks.map((a) => ({
    shapes: [[a.n * a.block[0] * a.block[1], a.h, a.w, a.c]],
    op: (x) =>
      tf.batchToSpaceND(x!, a.block, [
        [a.block[0] > 1 ? 1 : 0, 0],
        [0, a.block[1] > 1 ? 1 : 0],
      ]),
  })),
  BroadcastTo: fc
    .tuple(solid(1), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), upTo(1, 0))
    .map(([s, ones, cut]) => ({
      shapes: [s.map((dim, i) => (ones[i] ? 1 : dim)).slice(cut)],
      op: (x) => tf.broadcastTo(x!, s as [number]),
    })),
  Concat: fc.tuple(solid(1), upTo(3), upTo(3, 0), upTo(3, 0)).map(([s, a, b, at]) => {
    const axis = at % s.length;
    return { shapes: [a, b, 1].map((dim) => s.with(axis, dim)), op: (...xs) => tf.concat(xs, axis) };
  }),
  Conv2D: conv.map((a) => ({
    shapes: [images(a), [a.kh, a.kw, a.c, a.filters]],
    op: (x, k) => tf.conv2d(x as Image, k as Image, a.stride, a.pad, 'NHWC', a.dilation),
    // TensorFlow.js itself has no gradients of dilated convolutions.
    forwardOnly: a.dilation > 1,
  })),
  Conv3D: volume.map((a) => ({
    shapes: [
      [a.n, ...a.size, a.c],
      [...a.window, a.c, a.filters],
    ],
    op: (x, k) => tf.conv3d(x as Volume, k as Volume, a.stride, a.pad),
  })),
  Conv2DBackpropInput: conv
    .filter((a) => a.dilation === 1)
    .map((a) => {
      const [sh, sw] = a.stride;
      const out = a.pad === 'same' ? [a.h * sh, a.w * sw] : [(a.h - 1) * sh + a.kh, (a.w - 1) * sw + a.kw];
      return {
        shapes: [images(a), [a.kh, a.kw, a.filters, a.c]],
        op: (x, k) =>
          tf.conv2dTranspose(x as Image, k as Image, [a.n, out[0]!, out[1]!, a.filters], a.stride, a.pad),
      };
    }),
  // TensorFlow.js' gradient moves the axes once too often but along the last.
  Cumsum: fc.tuple(solid(1), fc.boolean(), fc.boolean()).map(([s, exclusive, reverse]) => ({
    shapes: [s],
    op: (x) => tf.cumsum(x!, s.length - 1, exclusive, reverse),
  })),
  DepthwiseConv2dNative: fc.tuple(conv, upTo(3)).map(([a, multiplier]) => ({
    shapes: [images(a), [a.kh, a.kw, a.c, multiplier]],
    op: (x, k) => tf.depthwiseConv2d(x as Image, k as Image, a.stride[0], a.pad, 'NHWC', a.dilation),
    forwardOnly: a.dilation > 1,
  })),
  ExpandDims: fc
    .tuple(shape(), upTo(4, 0))
    .map(([s, axis]) => ({ shapes: [s], op: (x) => tf.expandDims(x!, axis % (s.length + 1)) })),
  FusedBatchNorm: fc.tuple(solid(1, 3), upTo(5)).map(([s, c]) => ({
    shapes: [[...s, c], [c], [c], [c], [c]],
    op: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        positive(variance!) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  })),
  GatherV2: fc
    .tuple(solid(1), upTo(3, 0), fc.array(upTo(50, 0), { minLength: 1, maxLength: 6 }))
    .map(([s, at, drawn]) => {
      const axis = at % s.length;
      const indices = drawn.map((i) => i % s[axis]!);
      return { shapes: [s], op: (x) => tf.gather(x!, tf.tensor1d(indices, 'int32'), axis) };
    }),
  LogSoftmax: shape(1)
    .filter((s) => s.at(-1) !== 0)
    .map((s) => ({ shapes: [s], op: (x) => tf.logSoftmax(x!) })),
  LRN: fc.tuple(upTo(2), upTo(3), upTo(3), upTo(7), upTo(4)).map(([n, h, w, c, radius]) => ({
    shapes: [[n, h, w, c]],
    op: (x) => tf.localResponseNormalization(x as Image, radius, 1.5, 0.7, 0.6),
  })),
  Max: reduction(tf.max),
  MaxPool: pool(tf.maxPool),
  MaxPool3D: volume.map((a) => ({
    shapes: [[a.n, ...a.size, a.c]],
    op: (x) => tf.maxPool3d(x as Volume, a.window, a.stride, a.pad),
    // The cpu backend counts places by the window's height where its width is meant.
    forwardOnly: a.window[1] !== a.window[2],
  })),
  Mean: reduction(tf.mean),
  Min: reduction(tf.min),
  MirrorPad: fc
    .tuple(upTo(4, 2), upTo(4, 2), fc.constantFrom('reflect' as const, 'symmetric' as const))
    .map(([h, w, mode]) => ({
      shapes: [[h, w]],
      op: (x) =>
        tf.mirrorPad(
          x!,
          [
            [1, 0],
            [h - 1, 1],
          ].map((p) => p.map((n) => Math.min(n, Math.min(h, w) - 1))) as [number, number][],
          mode,
        ),
    })),
  OneHot: upTo(6).map((n) => ({
    shapes: [[n]],
    op: (x) => tf.oneHot(tf.cast(tf.abs(x!), 'int32'), 3),
    forwardOnly: true,
  })),
  Pack: fc
    .tuple(shape(), upTo(4, 0))
    .map(([s, axis]) => ({ shapes: [s, s, s], op: (...xs) => tf.stack(xs, axis % (s.length + 1)) })),
  PadV2: solid(1).chain((s) =>
    fc
      .array(fc.tuple(upTo(2, 0), upTo(2, 0)), { minLength: s.length, maxLength: s.length })
      .map((paddings) => ({ shapes: [s], op: (x: tf.Tensor) => tf.pad(x, paddings, 1.5) }) as Case),
  ),
  Prelu: fc.array(fc.tuple(upTo(4), fc.boolean()), { minLength: 1, maxLength: 4 }).map((dims) => ({
    shapes: [dims.map(([dim]) => dim), dims.map(([dim, own]) => (own ? dim : 1))],
    op: (x, alpha) => tf.prelu(x!, alpha!),
  })),
  Prod: reduction((x, axis, keep) => tf.prod(tf.add(tf.mul(x, 0.2), 1), axis, keep)),
  Reshape: shape().map((s) => ({ shapes: [s], op: (x) => tf.reshape(x!, [tf.util.sizeFromShape(s)]) })),
  ResizeBilinear: resized((x, to, align) => tf.image.resizeBilinear(x, to, align)),
  ResizeNearestNeighbor: resized((x, to, align) => tf.image.resizeNearestNeighbor(x, to, align)),
  Reverse: alongAxis((x, axis) => tf.reverse(x, axis)),
  Select: solid().map((s) => ({
    shapes: [s, s],
    op: (a, b) => tf.where(tf.cast(tf.fill(s as [number], 1), 'bool'), a!, b!),
  })),
  Slice: solid(1).chain((s) =>
    fc.tuple(...s.map((dim) => upTo(dim - 1, 0))).map(
      (begin) =>
        ({
          shapes: [s],
          op: (x: tf.Tensor) =>
            tf.slice(
              x,
              begin,
              s.map((dim, i) => dim - begin[i]!),
            ),
        }) as Case,
    ),
  ),
  Softmax: shape(1)
    .filter((s) => s.at(-1) !== 0)
    .map((s) => ({ shapes: [s], op: (x) => tf.softmax(x!) })),
  SpaceToBatchND: blocks.map((a) => ({
    shapes: [[a.n, a.h * a.block[0] - 1, a.w * a.block[1], a.c]],
    op: (x) =>
      tf.spaceToBatchND(x!, a.block, [
        [1, 0],
        [0, 0],
      ]),
  })),
  // TensorFlow.js has no gradient of a split into one part.
  SplitV: fc.tuple(solid(1), upTo(3, 0), upTo(3, 2)).map(([s, at, parts]) => {
    const axis = at % s.length;
    return {
      shapes: [s.with(axis, parts * s[axis]!)],
      op: (x) => {
        const split = tf.split(x!, parts, axis);
        return tf.concat([split.at(-1)!, split[0]!], axis);
      },
    };
  }),
  Sum: reduction(tf.sum),
  Tile: solid(1).chain((s) =>
    fc
      .array(upTo(3), { minLength: s.length, maxLength: s.length })
      .map((reps) => ({ shapes: [s], op: (x: tf.Tensor) => tf.tile(x, reps) }) as Case),
  ),
  Transpose: shape(1).chain((s) =>
    fc
      .shuffledSubarray(
        s.map((_, i) => i),
        { minLength: s.length, maxLength: s.length },
      )
      .map((perm) => ({ shapes: [s], op: (x: tf.Tensor) => tf.transpose(x, perm) }) as Case),
  ),
  // Nor of unstacking one tensor.
  Unpack: fc.tuple(solid(), upTo(4, 0), upTo(4, 2)).map(([s, at, count]) => {
    const axis = at % (s.length + 1);
    return { shapes: [s.toSpliced(axis, 0, count)], op: (x) => tf.addN(tf.unstack(x!, axis)) };
  }),
  UnsortedSegmentSum: fc
    .tuple(fc.array(upTo(3, -1), { minLength: 1, maxLength: 7 }), solid(0, 2))
    .map(([ids, s]) => ({
      shapes: [[ids.length, ...s]],
      op: (x) => tf.unsortedSegmentSum(x!, tf.tensor1d(ids, 'int32'), 4),
    })),
};

const GRADIENTS: Record<string, Cases> = {
  ...Object.fromEntries(Object.entries(UNARY).map(([kernel, op]) => [kernel, unary(op)])),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([kernel, op]) => [kernel, broadcast(op, OF_EQUAL_SHAPES.has(kernel))]),
  ),
  ...STRUCTURED,
};

/** Several kernels that the engine computes as one. */
const TOGETHER: Record<string, Cases> = {
  'conv2d with bias, Relu and max pooling behind it': fc.tuple(conv, upTo(3)).map(([a, window]) => ({
    shapes: [[a.n, 13, 17, a.c], [a.kh, a.kw, a.c, a.filters], [a.filters]],
    op: (x, k, b) => {
      const z = tf.add(tf.conv2d(x as Image, k as Image, a.stride, a.pad), b!);
      return tf.maxPool(tf.relu(z) as Image, window, window, 'valid');
    },
  })),
  'a dense layer with Relu': fc.tuple(size, size, size).map(([m, k, n]) => ({
    shapes: [[m, k], [k, n], [n]],
    op: (x, w, b) => tf.relu(tf.add(tf.matMul(x!, w!), b!)),
  })),
};

describe('result and gradients equal the cpu backend of', () => {
  for (const [name, cases] of Object.entries({ ...GRADIENTS, ...TOGETHER })) {
    it(name, () => checkAll(cases));
  }

  it('resizing in every form, as the transpose of the resizing itself', async () => {
    await tf.setBackend('onnxruntime');
    const forms = fc.record({
      images: fc.tuple(upTo(2), size, size, upTo(3)),
      to: fc.tuple(size, size),
      form: fc.constantFrom([false, false], [true, false], [false, true]),
      bilinear: fc.boolean(),
    });
    fc.assert(
      fc.property(forms, ({ images, to, form: [align, halfPixel], bilinear }) =>
        tf.tidy(() => {
          const op = bilinear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
          const resize = (x: tf.Tensor) => op(x as Image, to, align, halfPixel);
          const x = tf.randomUniform(images, -1, 1, 'float32', 1);
          const dy = tf.randomUniform([images[0], ...to, images[3]], -1, 1, 'float32', 2);
          const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!;
          // <A x, dy> = <x, A' dy> for a linear A.
          expect(dot(tf.grad(resize)(x, dy), x)).toBeCloseTo(dot(resize(x), dy), 3);
        }),
      ),
      { numRuns: 40, seed: 20261124 },
    );
  });

  it('every kernel that has both', () => {
    const differentiable = Object.keys(LOWERINGS).filter((kernel) => tf.getGradient(kernel));
    expect(differentiable.filter((kernel) => !GRADIENTS[kernel])).toEqual([]);
  });
});

// Kernels over images and volumes: convolutions, pooling, normalization, resizing.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { type Cases, pad, positive, size, solid, upTo } from './draw.ts';

/** Images in a batch; now and then none. */
const batch = fc.oneof({ weight: 12, arbitrary: upTo(3) }, { weight: 1, arbitrary: fc.constant(0) });

/** Rows and columns around an image, by side. */
type Explicit = [[0, 0], [top: number, bottom: number], [left: number, right: number], [0, 0]];
const sides = fc.tuple(upTo(2, 0), upTo(2, 0));
const explicit = fc.tuple(sides, sides).map(([rows, columns]): Explicit => [[0, 0], rows, columns, [0, 0]]);

const conv = fc
  .record({
    n: batch,
    h: size,
    w: size,
    c: upTo(4),
    filters: upTo(5),
    kh: upTo(4),
    kw: upTo(4),
    stride: fc.tuple(upTo(3), upTo(3)),
    dilation: upTo(3),
    pad: fc.oneof(pad, explicit),
  })
  // A window must fit, and TensorFlow.js forbids strides together with dilations.
  .map((a) => (a.stride[0] > 1 || a.stride[1] > 1 ? { ...a, dilation: 1 } : a))
  .filter((a) => {
    const [rows, columns] = a.pad === 'same' ? [99, 99] : around(a.pad);
    return (a.kh - 1) * a.dilation < a.h + rows && (a.kw - 1) * a.dilation < a.w + columns;
  });

const around = (padding: 'valid' | Explicit): [rows: number, columns: number] =>
  padding === 'valid' ? [0, 0] : [padding[1][0] + padding[1][1], padding[2][0] + padding[2][1]];

type Conv = typeof conv extends fc.Arbitrary<infer T> ? T : never;
const isNamed = (a: Conv): a is Conv & { pad: 'valid' | 'same' } => typeof a.pad === 'string';

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

const pool = (op: typeof tf.maxPool): Cases =>
  conv.map((a) => {
    // A window that lies outside altogether has no maximum, and no mean.
    const within = (k: number, [before, after]: [number, number]): [number, number] => [
      Math.min(before, k - 1),
      Math.min(after, k - 1),
    ];
    const padding: Conv['pad'] = isNamed(a)
      ? a.pad
      : [
          [0, 0],
          within(a.kh, a.pad[1] as [number, number]),
          within(a.kw, a.pad[2] as [number, number]),
          [0, 0],
        ];
    return {
      shapes: [[a.n, a.h + 3, a.w + 3, a.c]],
      op: (x) => op(x as Image, [a.kh, a.kw], a.stride, padding),
    };
  });

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

export const IMAGE_CASES: Record<string, Cases> = {
  AvgPool: pool(tf.avgPool),
  AvgPool3D: volume.map((a) => ({
    shapes: [[a.n, ...a.size, a.c]],
    op: (x) => tf.avgPool3d(x as Volume, a.window, a.stride, a.pad),
  })),
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
    .filter(isNamed)
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
  DepthwiseConv2dNative: fc.tuple(conv, upTo(3)).map(([a, multiplier]) => ({
    shapes: [images(a), [a.kh, a.kw, a.c, multiplier]],
    op: (x, k) => tf.depthwiseConv2d(x as Image, k as Image, a.stride, a.pad, 'NHWC', a.dilation),
    forwardOnly: a.dilation > 1,
  })),
  // Two numbers of a kernel are never equal, nor a quarter apart: the maximum is one.
  // A window must have a place in the image, where the cpu backend has no other result than a very low number.
  Dilation2D: conv
    .filter(isNamed)
    .filter((a) => (a.kh - 1) * a.dilation < a.h && (a.kw - 1) * a.dilation < a.w)
    .map((a) => ({
      shapes: [images(a), [a.kh, a.kw, a.c]],
      op: (x, k) =>
        tf.dilation2d(
          x as Image,
          tf.add(k!, tf.mul(0.01, tf.reshape(tf.range(0, a.kh * a.kw), [a.kh, a.kw, 1]))) as tf.Tensor3D,
          a.stride,
          a.pad,
          a.dilation,
        ),
    })),
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
  LRN: fc.tuple(upTo(2), upTo(3), upTo(3), upTo(7), upTo(4)).map(([n, h, w, c, radius]) => ({
    shapes: [[n, h, w, c]],
    op: (x) => tf.localResponseNormalization(x as Image, radius, 1.5, 0.7, 0.6),
  })),
  MaxPool: pool(tf.maxPool),
  MaxPool3D: volume.map((a) => ({
    shapes: [[a.n, ...a.size, a.c]],
    op: (x) => tf.maxPool3d(x as Volume, a.window, a.stride, a.pad),
    // The cpu backend counts places by the window's height where its width is meant.
    forwardOnly: a.window[1] !== a.window[2],
  })),
  ResizeBilinear: resized((x, to, align) => tf.image.resizeBilinear(x, to, align)),
  ResizeNearestNeighbor: resized((x, to, align) => tf.image.resizeNearestNeighbor(x, to, align)),
};

/** Several kernels that the engine computes as one. */
export const TOGETHER: Record<string, Cases> = {
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

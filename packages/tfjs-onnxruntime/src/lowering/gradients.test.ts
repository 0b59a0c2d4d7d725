// Kernels and their gradients over drawn shapes, strides, paddings and dilations, against TensorFlow.js' cpu
// backend. Values are quarters, so that windows have ties and sums are exact in float32 more often than not.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// tfjs-core registers no gradients by itself in Node; tfjs-layers does.
import '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../index.ts';

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly op: Op;
  /** TensorFlow.js itself has no gradients of dilated convolutions. */
  readonly forwardOnly?: boolean;
}

function values(shape: readonly number[], seed: number): tf.Tensor {
  let state = seed + 1;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 32) * 16 - 8) / 4;
  });
  return tf.tensor(data, shape as number[]);
}

/** The result and the gradients of all inputs, as plain arrays. */
async function run(backend: string, { shapes, op, forwardOnly }: Case): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) => values(shape, i));
    const y = op(...inputs);
    const dy = values(y.shape, 17);
    const gradients = forwardOnly ? [] : tf.grads(op)(inputs, dy);
    return [y, ...gradients].map((t) => t.dataSync().slice() as Float32Array);
  });
}

async function check(given: Case): Promise<void> {
  const expected = await run('cpu', given);
  const got = await run('onnxruntime', given);
  got.forEach((array, k) => {
    expect(array.length).toBe(expected[k]!.length);
    // Relative to the largest element: sums in another order lose digits where they cancel.
    const scale = Math.max(1e-6, ...expected[k]!.map(Math.abs));
    const worst = array.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[k]![i]!)), 0);
    expect(worst / scale).toBeLessThan(1e-4);
  });
}

const RUNS = { numRuns: 25, seed: 20261124 };
const size = fc.integer({ min: 1, max: 9 });
const pad = fc.constantFrom('valid' as const, 'same' as const);

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

describe('results and gradients equal the cpu backend', () => {
  it('conv2d', async () => {
    await fc.assert(
      fc.asyncProperty(conv, (a) =>
        check({
          shapes: [
            [a.n, a.h, a.w, a.c],
            [a.kh, a.kw, a.c, a.filters],
          ],
          op: (x, k) => tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, a.stride, a.pad, 'NHWC', a.dilation),
          forwardOnly: a.dilation > 1,
        }),
      ),
      RUNS,
    );
  });

  it('conv2d with bias, Relu and max pooling behind it', async () => {
    await fc.assert(
      fc.asyncProperty(conv, fc.integer({ min: 1, max: 3 }), (a, window) =>
        check({
          shapes: [[a.n, 13, 17, a.c], [a.kh, a.kw, a.c, a.filters], [a.filters]],
          op: (x, k, b) => {
            const z = tf.add(tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, a.stride, a.pad), b!);
            return tf.maxPool(tf.relu(z) as tf.Tensor4D, window, window, 'valid');
          },
        }),
      ),
      RUNS,
    );
  });

  it('depthwise conv2d', async () => {
    await fc.assert(
      fc.asyncProperty(conv, (a) =>
        check({
          shapes: [
            [a.n, a.h, a.w, a.c],
            [a.kh, a.kw, a.c, 2],
          ],
          op: (x, k) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, k as tf.Tensor4D, a.stride[0], a.pad, 'NHWC', a.dilation),
          forwardOnly: a.dilation > 1,
        }),
      ),
      RUNS,
    );
  });

  for (const kind of ['max', 'avg'] as const) {
    it(`${kind} pooling, overlapping or not`, async () => {
      await fc.assert(
        fc.asyncProperty(conv, (a) =>
          check({
            shapes: [[a.n, a.h + 3, a.w + 3, a.c]],
            op: (x) =>
              (kind === 'max' ? tf.maxPool : tf.avgPool)(x as tf.Tensor4D, [a.kh, a.kw], a.stride, a.pad),
          }),
        ),
        RUNS,
      );
    });
  }

  it('matMul, transposed and batched', async () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, size, fc.boolean(), fc.boolean());
    await fc.assert(
      fc.asyncProperty(shape, ([batch, m, k, n, ta, tb]) =>
        check({
          shapes: [
            [batch, ...(ta ? [k, m] : [m, k])],
            [batch, ...(tb ? [n, k] : [k, n])],
          ],
          op: (a, b) => tf.matMul(a!, b!, ta, tb),
        }),
      ),
      RUNS,
    );
  });

  const BINARY = {
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    div: tf.div,
  };
  it('binary operators over broadcasts', async () => {
    const shapes = fc.array(
      fc.record({ dim: fc.integer({ min: 1, max: 4 }), a: fc.boolean(), b: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(...Object.keys(BINARY)), (dims, name) =>
        check({
          shapes: [dims.map((d) => (d.a ? d.dim : 1)), dims.map((d) => (d.b ? d.dim : 1))],
          op: (a, b) => BINARY[name as keyof typeof BINARY](a!, tf.add(b!, 5)),
        }),
      ),
      RUNS,
    );
  });

  it('sums and means over axes', async () => {
    const drawn = fc.record({
      shape: fc.array(size, { minLength: 1, maxLength: 4 }),
      axes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      keep: fc.boolean(),
      mean: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(drawn, ({ shape, axes, keep, mean }) => {
        const axis = shape.map((_, i) => i).filter((i) => axes[i]);
        return check({ shapes: [shape], op: (x) => (mean ? tf.mean : tf.sum)(x!, axis, keep) });
      }),
      RUNS,
    );
  });

  it('batch normalization', () =>
    check({
      shapes: [[3, 4, 5, 6], [6], [6], [6], [6]],
      op: (x, mean, variance, offset, scale) =>
        tf.batchNorm(
          x!,
          mean as tf.Tensor1D,
          tf.add(tf.abs(variance!), 0.5) as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        ),
    }));
});

// Every kernel that TensorFlow.js can differentiate and that has a lowering, over drawn shapes, strides, paddings,
// dilations, axes and broadcasts, against TensorFlow.js' cpu backend: the result and the gradients of all inputs. The
// cases are in testing/gradients, a file a family; a kernel that is in none fails the last test.
// `SIGHTLINE_CASES=500 SIGHTLINE_SEED=7` draws more of them, and others.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuKernels } from '../backend/cpu-fallback.ts';
import { checkAll, DRAWN } from '../testing/against-cpu.ts';
import { size, upTo } from '../testing/gradients/draw.ts';
import { ELEMENTWISE_CASES } from '../testing/gradients/elementwise.ts';
import { IMAGE_CASES, TOGETHER } from '../testing/gradients/images.ts';
import { LAYOUT_CASES } from '../testing/gradients/layout.ts';
import { REDUCTION_CASES } from '../testing/gradients/reductions.ts';
import { LOWERINGS } from './index.ts';

const GRADIENTS = { ...ELEMENTWISE_CASES, ...LAYOUT_CASES, ...REDUCTION_CASES, ...IMAGE_CASES };

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
          const resize = (x: tf.Tensor) => op(x as tf.Tensor4D, to, align, halfPixel);
          const x = tf.randomUniform(images, -1, 1, 'float32', 1);
          const dy = tf.randomUniform([images[0], ...to, images[3]], -1, 1, 'float32', 2);
          const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!;
          // <A x, dy> = <x, A' dy> for a linear A.
          expect(dot(tf.grad(resize)(x, dy), x)).toBeCloseTo(dot(resize(x), dy), 3);
        }),
      ),
      DRAWN,
    );
  });

  it('every kernel that has a gradient, those that the cpu backend has among them', () => {
    const kernels = [...Object.keys(LOWERINGS), ...cpuKernels()];
    const differentiable = kernels.filter((kernel) => tf.getGradient(kernel));
    // That of complex numbers TensorFlow.js computes as if they were real.
    expect(differentiable.filter((kernel) => !GRADIENTS[kernel])).toEqual(['ComplexAbs']);
  });
});

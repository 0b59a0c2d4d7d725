import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { compile } from '../../index.ts';

/** Both tails, where the density underflows, and around 0. */
const VALUES = [-20, -6, -3, -1, -1e-4, 0, 1e-30, 0.5, 1, 3, 6, 20];

/** The output and the gradient for outputs that do not all weigh the same. */
const both = (x: tf.Tensor): tf.Tensor[] => {
  const layer = tfl.layers.activation({ activation: 'gelu' });
  const weights = tf.range(1, x.size + 1);
  let y: tf.Tensor | undefined;
  const gradient = tf.grad((v: tf.Tensor) => {
    y = tf.keep(layer.apply(v) as tf.Tensor);
    return tf.sum(tf.mul(y, weights));
  })(x);
  return [y!, gradient];
};

it('GELU and its gradient equal the cpu backend, in one step each', async () => {
  await tf.setBackend('cpu');
  const expected = both(tf.tensor1d(VALUES)).map((tensor) => [...tensor.dataSync()]);
  await tf.setBackend('onnxruntime');
  const step = compile(both, { traceFirst: true });
  const found = step(tf.tensor1d(VALUES)).map((tensor) => [...tensor.dataSync()]);
  // TensorFlow.js approximates the error function to 1.5e-7; the gradients are of up to 12 times that.
  found.forEach((values, i) => {
    values.forEach((value, at) => {
      const exact = expected[i]![at]!;
      expect(Math.abs(value - exact)).toBeLessThan(4e-6 * Math.max(1, Math.abs(exact)));
    });
  });
  expect(step.print()).toMatch(/GeluGrad\//);
  expect(step.print()).not.toMatch(/RealDiv|Neg/);
  step.dispose();
});

it('another constant is another function', async () => {
  await tf.setBackend('onnxruntime');
  const like = (x: tf.Tensor) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.div(x, 1.5)))));
  const step = compile(like, { traceFirst: true });
  step(tf.tensor1d(VALUES)).dispose();
  expect(step.print()).not.toMatch(/Gelu/);
  step.dispose();
});

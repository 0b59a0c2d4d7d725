// `compile` keeps the types of a step: checked by the compiler, and run once.

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';

it('inputs and results keep their kinds', async () => {
  await tf.setBackend('onnxruntime');
  const step = compile((x: tf.Tensor2D, w?: tf.Variable<tf.Rank.R2>) => ({
    product: tf.matMul<tf.Tensor2D>(x, w ?? x),
    total: tf.sum(x) as tf.Scalar,
  }));
  const typed: (x: tf.Tensor2D, w?: tf.Variable<tf.Rank.R2>) => { product: tf.Tensor2D; total: tf.Scalar } =
    step;
  // @ts-expect-error: a vector is no matrix
  const wrong = () => step(tf.ones([2]) as tf.Tensor1D);
  expect(wrong).toThrow(/matMul|rank/i);
  expect(typed(tf.ones([2, 2])).total.dataSync()[0]).toBe(4);
});

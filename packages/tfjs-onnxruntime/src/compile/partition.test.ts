import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';

it('a compiled step says which provider runs each of its nodes, and goes on as it was', async () => {
  await tf.setBackend('onnxruntime');
  const w = tf.variable(tf.ones([2, 2]));
  const step = compile((x: tf.Tensor) => {
    w.assign(tf.add(w, tf.softmax(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))) as tf.Tensor2D);
    return tf.sum(w);
  });
  const x = tf.ones([2, 2]);
  const results = [0, 0, 0].map(() => step(x).dataSync()[0]);
  const [nodes, ...others] = step.partition();
  expect(others).toEqual([]);
  expect(nodes!.map(({ operator, provider }) => [operator, provider])).toContainEqual(['Softmax', 'cpu']);
  expect(nodes!.every(({ provider }) => provider === 'cpu')).toBe(true);
  expect([...results, step(x).dataSync()[0]]).toEqual([6, 8, 10, 12]);
  step.dispose();
  w.dispose();
});

// Element types and integers as TensorFlow.js' cpu backend has them.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '../index.ts';

const flags = () => tf.tensor1d([1, 0, 1], 'bool');
const others = () => tf.tensor1d([0, 0, 1], 'bool');
const integers = (...values: number[]) => tf.tensor1d(values, 'int32');

const CASES: Record<string, () => tf.Tensor> = {
  'where of bool': () => tf.where(flags(), flags(), others()),
  'clipByValue of bool': () => tf.clipByValue(flags(), 0, 1),
  'addN of bool': () => tf.cast(tf.addN([flags(), others()]), 'int32'),
  'max of bool': () => tf.max(flags()),
  'min of bool': () => tf.min(flags()),
  'topk of bool': () => tf.topk(flags(), 2).values,
  'mod by 0': () => tf.mod(integers(7, -7, 5), integers(0, 3, 0)),
  'floorDiv by 0': () => tf.floorDiv(integers(7, -7, 5), integers(0, 3, 0)),
  'argMax over nothing': () => tf.argMax(tf.zeros([2, 0]), 1),
};

for (const [name, op] of Object.entries(CASES)) {
  it(name, async () => {
    const run = async (backend: string) => {
      await tf.setBackend(backend);
      return tf.tidy(() => {
        const y = op();
        return { dtype: y.dtype, shape: y.shape, values: [...y.dataSync()] };
      });
    };
    expect(await run('onnxruntime')).toEqual(await run('cpu'));
  });
}

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from '../index.ts';
import { check } from '../testing/against-cpu.ts';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** The shape of the rows in which a graph computes. */
function rowsOf(op: Binary, a: number[], b: number[]): string | undefined {
  const step = compile(op, { traceFirst: true });
  step(tf.ones(a), tf.ones(b));
  const listing = step.print();
  step.dispose();
  return /: float32\[([\d, ]+)\] = (?:Mul|Sub|Add)\(/.exec(listing)?.[1];
}

it.each<[string, Binary, number[], number[], string]>([
  ['a vector', tf.mul, [8, 16, 16, 32], [32], '64, 1024'],
  ['a vector from a map', tf.sub, [2, 40, 40, 12], [12], '40, 960'],
  ['a map from a vector', tf.sub, [24], [6, 20, 20, 24], '60, 960'],
  ['a vector with axes of size 1', tf.add, [4, 32, 32, 8], [1, 1, 1, 8], '32, 1024'],
  ['rows of a prime number', tf.mul, [521, 64], [64], '521, 64'],
  ['rows that are wide already', tf.mul, [256, 128], [128], '256, 128'],
  ['a small map', tf.mul, [4, 8, 8, 16], [16], '4, 8, 8, 16'],
  ['a map of one channel', tf.add, [64, 1024, 1], [1], '64, 1024, 1'],
  ['a column', tf.mul, [64, 16, 64], [16, 1], '64, 16, 64'],
])('%s: the result and its gradients are those of the cpu backend', async (_, op, a, b, rows) => {
  await check({ shapes: [a, b], op });
  expect(rowsOf(op, a, b)).toBe(rows);
});

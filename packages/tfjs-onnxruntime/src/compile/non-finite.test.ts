import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

describe('the debug mode', () => {
  beforeEach(() => tf.setBackend('onnxruntime'));
  afterEach(() => {
    tf.disposeVariables();
    delete process.env.SIGHTLINE_DEBUG;
  });

  it('names the step, the kernel, the shape and the line of the first infinity', () => {
    const step = compile((x: tf.Tensor) => tf.mul(tf.sum(tf.log(x)), 2), { debug: true });
    for (let i = 0; i < 3; i++) step(tf.tensor1d([1, 2, 3]));
    expect(() => step(tf.tensor1d([1, 0, 3]))).toThrow(
      /^Step 4 is not finite: the first is the result of Log, float32\[3\], with a negative infinity \(called at .*non-finite\.test\.ts:\d+\)\./,
    );
    expect(step(tf.tensor1d([1, 1, 1])).dataSync()[0]).toBe(0);
  });

  it('finds it behind what ONNX Runtime and the rewrites have fused, and in gradients', () => {
    const w = tf.variable(tf.zeros([2, 2]));
    const optimizer = tf.train.sgd(0.1);
    const step = compile(
      (x: tf.Tensor) =>
        // The gradient of sqrt at 0 is infinite, and 0 times it NaN.
        optimizer.minimize(
          () => tf.sum(tf.sqrt(tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)))) as tf.Scalar,
          true,
        )!,
      { debug: true },
    );
    const x = tf.ones([2, 2]);
    w.assign(tf.ones([2, 2]));
    for (let i = 0; i < 2; i++) step(x);
    w.assign(tf.zeros([2, 2]));
    expect(() => step(x)).toThrow(/the first is the result of RealDiv, float32\[2, 2\], with an infinity/);
    expect([...w.dataSync()]).toEqual([0, 0, 0, 0]);
  });

  it('stops a learning rate that explodes, with the variables of the step before', () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = tf.train.sgd(1e6);
    const step = compile(() => optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, true)!, {
      debug: true,
    });
    let steps = 0;
    const explode = () => {
      for (; steps < 100; steps++) step();
    };
    expect(explode).toThrow(/^Step \d is not finite: the first is the result of (Square|Sum|Add), float32/);
    expect(steps).toBeLessThan(10);
    expect(w.dataSync().every(Number.isFinite)).toBe(true);
  });

  it('names an input or a variable that came so', () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'weights');
    const step = compile((x: tf.Tensor) => tf.mul(w, x), { debug: true });
    for (let i = 0; i < 2; i++) step(tf.ones([2]));
    expect(() => step(tf.tensor1d([1, Number.NaN]))).toThrow(/input 0, float32\[2\], holds NaN/);
    w.assign(tf.tensor1d([Number.POSITIVE_INFINITY, 0]));
    expect(() => step(tf.ones([2]))).toThrow(/the variable weights, float32\[2\], holds an infinity/);
  });

  it('lets pass what no result depends on', () => {
    const step = compile(
      (x: tf.Tensor) => tf.where(tf.greater(x, 0), tf.log(tf.maximum(x, 1e-3)), tf.zerosLike(x)),
      { debug: true },
    );
    for (let i = 0; i < 4; i++) expect(step(tf.tensor1d([0, 1])).dataSync()[1]).toBe(0);
  });

  it('is set for all steps by SIGHTLINE_DEBUG=nan, and is off by default', () => {
    const divide = (x: tf.Tensor) => tf.div(1, x);
    const run = () => {
      const step = compile(divide);
      for (let i = 0; i < 3; i++) step(tf.zeros([1]));
    };
    expect(run).not.toThrow();
    process.env.SIGHTLINE_DEBUG = 'nan';
    expect(run).toThrow(/Step 2 is not finite: the first is the result of RealDiv/);
  });

  it('tells at each step whether a number in a closure has changed', () => {
    let scale = 1;
    const step = compile((x: tf.Tensor) => tf.mul(x, scale), { debug: true });
    for (let i = 0; i < 7; i++) step(tf.ones([1]));
    scale = 2;
    expect(() => step(tf.ones([1]))).toThrow(/Multiply at .* was 1 and is 2 now/);
  });
});

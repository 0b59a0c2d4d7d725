// What changes in JavaScript between two steps: a compiled step must see it, or say that it cannot.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { sessionsAlive } from '@sightline/ort';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

/** As TensorFlow.js has it at run time; its types hide the field of some classes. */
type Rated = tf.Optimizer & { learningRate: number; setLearningRate?: (rate: number) => void };

const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  nesterov: () => tf.train.momentum(0.1, 0.9, true),
  adam: () => tf.train.adam(0.1),
  adamax: () => tf.train.adamax(0.1),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.1),
  rmsprop: () => tf.train.rmsprop(0.1),
  'centered rmsprop': () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-3, true),
};

function setRate(optimizer: Rated, rate: number): void {
  if (optimizer.setLearningRate) optimizer.setLearningRate(rate);
  else optimizer.learningRate = rate;
}

/** A variable's values over fifty steps of a learning rate that falls at each of them. */
async function scheduled(backend: string, make: () => tf.Optimizer): Promise<number[]> {
  await tf.setBackend(backend);
  const w = tf.variable(tf.tensor1d([1, -2, 3]));
  const optimizer = make() as Rated;
  const step = (x: tf.Tensor) =>
    optimizer.minimize(() => tf.sum(tf.square(tf.sub(w, x))) as tf.Scalar, true, [w])!;
  const run = backend === 'cpu' ? step : compile(step);
  const first = optimizer.learningRate;
  const values: number[] = [];
  for (let i = 0; i < 50; i++) {
    setRate(optimizer, first / (1 + i));
    const x = tf.tensor1d([i % 3, 1, 0]);
    tf.dispose([run(x), x]);
    values.push(...w.dataSync());
  }
  values.push(optimizer.iterations);
  w.dispose();
  return values;
}

describe('a learning rate that falls at each step', () => {
  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    it(name, async () => {
      const expected = await scheduled('cpu', make);
      const got = await scheduled('onnxruntime', make);
      got.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
      });
    });
  }
});

describe('what a step reads in JavaScript', () => {
  beforeEach(() => tf.setBackend('onnxruntime'));
  afterEach(() => tf.disposeVariables());
  const x = () => tf.tensor1d([1, 2]);

  it('a falling rate makes no new session', () => {
    const w = tf.variable(tf.ones([2]));
    const optimizer = tf.train.adam(0.1) as unknown as Rated;
    const step = compile((target: tf.Tensor) => {
      return optimizer.minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, true)!;
    });
    for (let i = 0; i < 5; i++) step(x());
    const sessions = sessionsAlive();
    for (let i = 0; i < 3; i++) {
      optimizer.learningRate /= 2;
      step(x());
    }
    expect(sessionsAlive()).toBe(sessions);
  });

  it('the other numbers of an optimizer have the step traced again when they change', () => {
    type Update = (target: tf.Tensor) => tf.Tensor;
    const run = (wrap: (step: Update) => Update) => {
      const w = tf.variable(tf.ones([2]));
      const optimizer = tf.train.rmsprop(0.1, 0.9, 0.5);
      const step = wrap(
        (target: tf.Tensor) =>
          optimizer.minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, true, [w])!,
      );
      for (let i = 0; i < 12; i++) {
        if (i === 6) Object.assign(optimizer, { momentum: 0.1 });
        step(x());
      }
      return w.dataSync().slice();
    };
    const [compiled, eager] = [run(compile), run((f) => f)];
    compiled.forEach((value, i) => {
      expect(value).toBeCloseTo(eager[i]!, 5);
    });
  });

  it('slots that are set from a checkpoint', async () => {
    const w = tf.variable(tf.ones([2]));
    const optimizer = tf.train.adam(0.1);
    const step = compile(
      (target: tf.Tensor) =>
        optimizer.minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, true, [w])!,
    );
    for (let i = 0; i < 4; i++) step(x());
    const saved = (await optimizer.getWeights()).map(({ name, tensor }) => ({
      name,
      tensor: tf.tensor(tensor.dataSync().slice(), tensor.shape),
    }));
    const start = w.dataSync().slice();
    const three = () => {
      for (let i = 0; i < 3; i++) step(x());
      return [...w.dataSync()];
    };
    const once = three();
    w.assign(tf.tensor1d(start as Float32Array));
    await optimizer.setWeights(saved);
    expect(optimizer.iterations).toBe(4);
    three().forEach((value, i) => {
      expect(value).toBeCloseTo(once[i]!, 5);
    });
  });

  it('a layer that is frozen', () => {
    const [v, w] = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))];
    const optimizer = tf.train.sgd(0.1);
    const step = compile(
      (target: tf.Tensor) =>
        optimizer.minimize(() => tf.sum(tf.squaredDifference(tf.add(v, w), target)) as tf.Scalar, true)!,
    );
    for (let i = 0; i < 4; i++) step(x());
    (w as { trainable: boolean }).trainable = false;
    const [before, frozen] = [v.dataSync(), w.dataSync()];
    step(x());
    expect([...w.dataSync()]).toEqual([...frozen]);
    expect([...v.dataSync()]).not.toEqual([...before]);
  });

  it('a tensor of the user that is replaced', () => {
    let scale = tf.scalar(2);
    const step = compile((input: tf.Tensor) => tf.mul(input, scale));
    for (let i = 0; i < 3; i++) expect(step(x()).dataSync()[0]).toBe(2);
    scale.dispose();
    scale = tf.scalar(3);
    expect(step(x()).dataSync()[0]).toBe(3);
  });

  it('a number in a closure that changes is an error that names the kernel', () => {
    let scale = 2;
    const step = compile((input: tf.Tensor) => tf.mul(input, scale));
    const call = () => step(x()).dataSync()[0];
    expect([call(), call()]).toEqual([2, 2]);
    scale = 3;
    expect(call).toThrow(/a constant of Multiply at .*optimizers\.test\.ts:\d+ was 2 and is 3 now/);
  });

  it('a number that changes by itself is an error at once', () => {
    let count = 0;
    const step = compile((input: tf.Tensor) => tf.mul(input, count++));
    step(x());
    expect(() => step(x())).toThrow(/has changed since it was traced: a constant of Multiply at/);
  });

  it('a rate that enters into other numbers has the step traced again', () => {
    const w = tf.variable(tf.ones([2]));
    const optimizer = tf.train.adam(0.1) as unknown as Rated;
    const step = compile((target: tf.Tensor) => {
      optimizer.minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, false, [w]);
      return tf.mul(target, optimizer.learningRate * 3);
    });
    for (let i = 0; i < 3; i++) expect(step(x()).dataSync()[0]).toBeCloseTo(0.3, 6);
    optimizer.learningRate = 1;
    expect(step(x()).dataSync()[0]).toBeCloseTo(3, 6);
  });

  it('the number of iterations, counted in JavaScript, is an error', () => {
    const w = tf.variable(tf.ones([2]));
    const optimizer = tf.train.adam(0.1);
    const step = compile((target: tf.Tensor) => {
      optimizer.minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, false, [w]);
      return tf.div(target, 1 + optimizer.iterations);
    });
    step(x());
    expect(() => step(x())).toThrow(/number of iterations .* tf\.Variable/);
  });

  it('a rate that a class of the user reads beside the tensor of SGD', () => {
    class Plain extends tf.SGDOptimizer {
      override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
        for (const [name, gradient] of Object.entries(gradients as Record<string, tf.Tensor>)) {
          const variable = tf.engine().state.registeredVariables[name]!;
          variable.assign(tf.sub(variable, tf.mul(gradient, this.learningRate)) as never);
        }
        this.incrementIterations();
      }
    }
    const w = tf.variable(tf.scalar(0));
    const optimizer = new Plain(1);
    const step = compile(() => optimizer.minimize(() => tf.neg(w) as tf.Scalar, true)!);
    for (let i = 0; i < 3; i++) step();
    optimizer.setLearningRate(10);
    for (let i = 0; i < 2; i++) step();
    expect(w.dataSync()[0]).toBe(23);
  });

  it('one input holds a rate, whatever the number of variables', () => {
    const weights = [1, 2, 3].map((n) => tf.variable(tf.ones([n])));
    const optimizer = tf.train.adam(0.1);
    const step = compile(
      () => optimizer.minimize(() => tf.addN(weights.map((w) => tf.sum(tf.square(w)))) as tf.Scalar, true)!,
    );
    for (let i = 0; i < 3; i++) step();
    const scalars = step.print().match(/input %in_\d+: float32\[\]/g) ?? [];
    // The rate, and the two powers of Adam's betas.
    expect(scalars.length).toBe(3);
  });

  it('an optimizer that is made at each call is an error', () => {
    const w = tf.variable(tf.ones([2]));
    const step = compile(
      (target: tf.Tensor) =>
        tf.train.sgd(0.1).minimize(() => tf.sum(tf.squaredDifference(w, target)) as tf.Scalar, true, [w])!,
    );
    step(x());
    expect(() => step(x())).toThrow(/makes an optimizer at each call/);
  });

  it('an optimizer of the user that counts its own rate down', async () => {
    /** Its rate halves every two iterations, of which it keeps count in a variable. */
    class Halving extends tf.SGDOptimizer {
      readonly count = tf.variable(tf.scalar(0));
      override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
        const rate = tf.pow(0.5, tf.floor(tf.div(this.count, 2)));
        for (const [name, gradient] of Object.entries(gradients as Record<string, tf.Tensor>)) {
          const variable = tf.engine().state.registeredVariables[name]!;
          variable.assign(tf.sub(variable, tf.mul(rate, gradient)) as never);
        }
        this.count.assign(tf.add(this.count, 1) as tf.Scalar);
        this.incrementIterations();
      }
    }
    const w = tf.variable(tf.scalar(0));
    const optimizer = new Halving(1);
    const step = compile(() => optimizer.minimize(() => tf.neg(w) as tf.Scalar, true)!);
    for (let i = 0; i < 6; i++) step();
    expect(w.dataSync()[0]).toBe(2 * (1 + 0.5 + 0.25));
    expect(optimizer.iterations).toBe(6);
  });

  it('a step may return a variable or a tensor of the user', () => {
    const w = tf.variable(tf.ones([2]));
    const constant = tf.tensor1d([7]);
    const step = compile((input: tf.Tensor) => {
      w.assign(tf.add(w, input) as tf.Tensor1D);
      return { w, constant, input };
    });
    for (let i = 0; i < 4; i++) step(x());
    const result = step(x());
    expect([...result.w.dataSync()]).toEqual([6, 11]);
    expect([...result.input.dataSync()]).toEqual([1, 2]);
    expect(constant.dataSync()[0]).toBe(7);
    expect(result.constant.dataSync()[0]).toBe(7);
  });
});

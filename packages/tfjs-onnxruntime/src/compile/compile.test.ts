// Compiled steps are held against TensorFlow.js' cpu backend, which runs the same code eagerly.

import { SightlineError } from '@sightline/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

function baseline(size: number): tfl.Sequential {
  const l2 = () => tfl.regularizers.l2({ l2: 0.001 });
  const seeded = (seed: number) => tfl.initializers.glorotUniform({ seed });
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 4,
        kernelSize: 5,
        strides: 3,
        activation: 'relu',
        inputShape: [size, size, 3],
        kernelRegularizer: l2(),
        kernelInitializer: seeded(1),
      }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.conv2d({
        filters: 6,
        kernelSize: 3,
        strides: 2,
        activation: 'relu',
        kernelRegularizer: l2(),
        kernelInitializer: seeded(2),
      }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 8, kernelRegularizer: l2(), kernelInitializer: seeded(3) }),
      tfl.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: seeded(4) }),
    ],
  });
}

/** Deterministic numbers in [0, 1) with flat patches, so that windows have ties. */
function pixels(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.round((state / 2 ** 32) * 4) / 4;
  });
}

function trainingStep(model: tfl.LayersModel, optimizer: tf.Optimizer) {
  return (x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
    const loss = () => {
      const p = model.apply(x, { training: true }) as tf.Tensor;
      const penalties = model.calculateLosses();
      return penalties.reduce((sum, l) => tf.add(sum, l), tf.losses.logLoss(y, p)) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(loss);
    optimizer.applyGradients(grads);
    return value;
  };
}

type Wrap = <F extends (...t: tf.Tensor[]) => tf.Tensor>(step: F) => F;

async function losses(
  backend: string,
  makeOptimizer: () => tf.Optimizer,
  wrap: Wrap,
  steps: number,
): Promise<number[]> {
  await tf.setBackend(backend);
  const size = 32;
  const model = baseline(size);
  const step = wrap(trainingStep(model, makeOptimizer()));
  const results: number[] = [];
  for (let i = 0; i < steps; i++) {
    // The last batch of an "epoch" of three is smaller.
    const n = i % 3 === 2 ? 2 : 3;
    const x = tf.tensor(pixels(n * size * size * 3, i % 3), [n, size, size, 3]);
    const y = tf.tensor(
      Float32Array.from({ length: n }, (_, k) => (k + i) % 2),
      [n, 1],
    );
    const loss = step(x, y);
    results.push(loss.dataSync()[0]!);
    tf.dispose([x, y, loss]);
  }
  model.dispose();
  return results;
}

describe('a compiled training step equals eager execution on cpu', () => {
  const optimizers: Record<string, () => tf.Optimizer> = {
    sgd: () => tf.train.sgd(0.05),
    momentum: () => tf.train.momentum(0.02, 0.9),
    rmsprop: () => tf.train.rmsprop(0.001),
    adam: () => tf.train.adam(0.003),
  };
  for (const [name, make] of Object.entries(optimizers)) {
    it(name, async () => {
      const expected = await losses('cpu', make, (step) => step, 20);
      const got = await losses('onnxruntime', make, compile as Wrap, 20);
      // Sums in another order differ by 1e-7 of a term; twenty steps of an optimizer that divides by small
      // root mean squares enlarge that.
      got.forEach((loss, i) => {
        expect(Math.abs(loss - expected[i]!)).toBeLessThan(2e-4 * Math.max(1, Math.abs(expected[i]!)));
      });
      expect(got.at(-1)).toBeLessThan(got[0]!);
    });
  }
});

describe('compile', () => {
  beforeEach(() => tf.setBackend('onnxruntime'));

  it('leaks no tensors', () => {
    const w = tf.variable(tf.ones([3]));
    const step = compile((x: tf.Tensor) => {
      w.assign(tf.add(w, tf.mul(x, 2)) as tf.Tensor1D);
      return tf.sum(w);
    });
    const x = tf.ones([3]);
    for (let i = 0; i < 3; i++) step(x).dispose();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(Array.from(w.dataSync())).toEqual([17, 17, 17]);
    tf.dispose([w, x]);
  });

  it('leaves tensors that were read or cloned from a variable as they were', () => {
    const w = tf.variable(tf.tensor1d([1]));
    const step = compile((x: tf.Tensor) => {
      w.assign(tf.add(w, x) as tf.Tensor1D);
      return tf.mul(w, 1);
    });
    const one = tf.tensor1d([1]);
    for (let i = 0; i < 3; i++) step(one);
    const read = w.dataSync();
    const clone = w.clone();
    const lazily = tf.mul(w, 10);
    for (let i = 0; i < 3; i++) step(one);
    expect([read[0], clone.dataSync()[0], lazily.dataSync()[0], w.dataSync()[0]]).toEqual([4, 4, 40, 7]);
    w.dispose();
  });

  it('takes a variable that was assigned between steps', () => {
    const w = tf.variable(tf.scalar(1));
    const step = compile(() => {
      w.assign(tf.mul(w, 2) as tf.Scalar);
      return tf.add(w, 0);
    });
    step();
    step();
    w.assign(tf.scalar(100));
    expect(step().dataSync()[0]).toBe(200);
    w.dispose();
  });

  it('names the kernel and the line that read a value while it was traced', () => {
    const step = compile((x: tf.Tensor) => {
      const total = tf.sum(x);
      return total.dataSync()[0]! > 0 ? x : tf.neg(x);
    });
    const x = tf.ones([2]);
    step(x);
    expect(() => step(x)).toThrow(SightlineError);
    expect(() => step(x)).toThrow(/reads the result of Sum at .*compile\.test\.ts:\d+/);
  });

  it('gives its first call the bits of a replay where that is traced too', () => {
    const layers = [
      tfl.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [16, 16, 3], useBias: false }),
      tfl.layers.batchNormalization(),
      tfl.layers.reLU(),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 1, activation: 'sigmoid' }),
    ];
    const model = tfl.sequential({ layers });
    const optimizer = tf.train.sgd(0.1);
    const x = tf.tensor(pixels(4 * 16 * 16 * 3, 7), [4, 16, 16, 3]);
    const y = tf.tensor([0, 1, 1, 0], [4, 1]);
    const began = model.getWeights().map((weight) => weight.clone());
    const after = (calls: number[]) => {
      model.setWeights(began);
      for (const count of calls) {
        const step = compile(trainingStep(model, optimizer), { traceFirst: true });
        for (let i = 0; i < count; i++) step(x, y).dispose();
        step.dispose();
      }
      return model.getWeights().map((weight) => Array.from(weight.dataSync()));
    };
    expect(after([1, 2, 1])).toEqual(after([4]));
  });

  it('prints its graph: each value with its type and shape, and what goes in and out by name', () => {
    const w = tf.variable(tf.tensor2d([[0.1], [2]]), true, 'kernel');
    const step = compile((x: tf.Tensor) => {
      const y = tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
      w.assign(tf.tanh(tf.mul(w, 0.1)));
      return tf.mean(tf.dropout(y, 0.5));
    });
    const x = tf.ones([2, 2]);
    step(x);
    step(x);
    expect(step.print()).toMatchInlineSnapshot(`
      "model step (opset 18, sightline)
        input %in_0: float32[2, 2]  # input 0
        input %in_1: float32[2, 1]  # variable kernel
        input %in_4: float32[2, 1]  # random numbers, draw 0
        const %const_0: float32[] = {0.5}
        const %const_1: float32[] = {0.1}
        const %const_2: int64[2] = {0, 1}
        %_FusedMatMul/Gemm_0: float32[2, 1] = Gemm(%in_0, %in_1)
        %_FusedMatMul/Relu_1: float32[2, 1] = Relu(%_FusedMatMul/Gemm_0)
        %Add/Add_2: float32[2, 1] = Add(%in_4, %const_0)
        %Floor/Floor_3: float32[2, 1] = Floor(%Add/Add_2)
        %RealDiv/Div_4: float32[2, 1] = Div(%Floor/Floor_3, %const_0)
        %Multiply/Mul_5: float32[2, 1] = Mul(%_FusedMatMul/Relu_1, %RealDiv/Div_4)
        %out_0: float32[] = ReduceMean(%Multiply/Mul_5, %const_2, keepdims=0)
        %Multiply/Mul_7: float32[2, 1] = Mul(%in_1, %const_1)
        %out_1: float32[2, 1] = Tanh(%Multiply/Mul_7)
        output %out_0: float32[]  # result 0
        output %out_1: float32[2, 1]  # variable kernel"
    `);
    const values = step.print().match(/^ {2}%.*$/gm)!;
    expect(values.every((line) => /^ {2}%\S+: (float32|int32|int64|bool)\[[\d, ]*\] = /.test(line))).toBe(
      true,
    );
  });
});

// Fifty compiled training steps of networks with state and structure of their own, against TensorFlow.js' cpu backend,
// which runs the same code eagerly: losses, and every weight after the last step.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

const { layers, regularizers } = tfl;
const seeded = (seed: number) => tfl.initializers.glorotUniform({ seed });
const dense = (units: number, seed: number, options: object = {}) =>
  layers.dense({ units, kernelInitializer: seeded(seed), ...options });

function numbers(shape: number[], seed: number): tf.Tensor {
  let state = seed + 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, next), shape);
}

interface Training {
  readonly weights: () => tf.Variable[];
  readonly step: (...inputs: tf.Tensor[]) => tf.Tensor[];
  /** Shapes of a batch of `n`. */
  readonly batch: (n: number) => number[][];
}

/** A network with one input and one output under a loss of its own. */
function single(
  model: tfl.LayersModel,
  optimizer: tf.Optimizer,
  loss: (y: tf.Tensor, p: tf.Tensor) => tf.Tensor,
) {
  return {
    weights: () => model.weights.map((weight) => weight.read() as tf.Variable),
    step: (x: tf.Tensor, y: tf.Tensor) => {
      const value = optimizer.minimize(
        () => {
          const p = model.apply(x, { training: true }) as tf.Tensor;
          return model
            .calculateLosses()
            .reduce((sum, term) => tf.add(sum, term), tf.mean(loss(y, p))) as tf.Scalar;
        },
        true,
        model.trainableWeights.map((weight) => weight.read() as tf.Variable),
      )!;
      return [value, tf.mean(model.apply(x, { training: false }) as tf.Tensor)];
    },
    batch: (n: number) => [
      [n, ...(model.inputs[0]!.shape.slice(1) as number[])],
      [n, ...(model.outputs[0]!.shape.slice(1) as number[])],
    ],
  };
}

const squares = (y: tf.Tensor, p: tf.Tensor) => tf.squaredDifference(y, p);
const regularized = (regularizer: () => ReturnType<typeof regularizers.l1>) => () =>
  single(
    tfl.sequential({
      layers: [
        dense(5, 1, { inputShape: [4], kernelRegularizer: regularizer(), activation: 'tanh' }),
        dense(1, 2, { biasRegularizer: regularizer() }),
      ],
    }),
    tf.train.sgd(0.1),
    squares,
  );

const TRAININGS: Record<string, () => Training> = {
  L1: regularized(() => regularizers.l1({ l1: 0.01 })),
  L2: regularized(() => regularizers.l2({ l2: 0.01 })),
  'L1 and L2': regularized(() => regularizers.l1l2({ l1: 0.01, l2: 0.01 })),
  'batch normalization, with its moving statistics in training and in inference': () =>
    single(
      tfl.sequential({
        layers: [
          // No bias in front of a normalization: its gradient is nothing but rounding, which Adam enlarges.
          layers.conv2d({
            filters: 3,
            kernelSize: 3,
            inputShape: [7, 7, 2],
            useBias: false,
            kernelInitializer: seeded(1),
          }),
          layers.batchNormalization({ momentum: 0.9 }),
          layers.reLU(),
          layers.flatten(),
          dense(4, 2, { useBias: false }),
          layers.batchNormalization({ momentum: 0.8 }),
          dense(1, 3),
        ],
      }),
      tf.train.adam(0.01),
      squares,
    ),
  'a custom loss': () =>
    single(tfl.sequential({ layers: [dense(3, 1, { inputShape: [4] })] }), tf.train.rmsprop(0.01), (y, p) => {
      // Huber's loss: quadratic where the miss is small, linear beyond.
      const miss = tf.abs(tf.sub(y, p));
      const small = tf.minimum(miss, 0.3);
      return tf.add(tf.mul(0.5, tf.square(small)), tf.mul(0.3, tf.sub(miss, small)));
    }),
  'an embedding, whose gradient is scattered': () => {
    const table = tf.variable(numbers([6, 3], 3));
    const optimizer = tf.train.adagrad(0.1);
    return {
      weights: () => [table],
      step: (x: tf.Tensor, y: tf.Tensor) => {
        const indices = tf.cast(tf.floor(tf.mul(x, 6)), 'int32');
        const loss = () =>
          tf.mean(tf.squaredDifference(tf.sum(tf.gather(table, indices), [1, 2]), y)) as tf.Scalar;
        return [optimizer.minimize(loss, true)!];
      },
      batch: (n) => [[n, 4], [n]],
    };
  },
  'two inputs and two outputs': () => {
    const [a, b] = [tfl.input({ shape: [3] }), tfl.input({ shape: [4] })];
    const joined = layers
      .concatenate()
      .apply([
        dense(4, 1, { activation: 'relu' }).apply(a) as tfl.SymbolicTensor,
        dense(4, 2, { activation: 'tanh' }).apply(b) as tfl.SymbolicTensor,
      ]) as tfl.SymbolicTensor;
    const model = tfl.model({
      inputs: [a, b],
      outputs: [
        dense(1, 3, { activation: 'sigmoid' }).apply(joined) as tfl.SymbolicTensor,
        dense(2, 4).apply(joined) as tfl.SymbolicTensor,
      ],
    });
    const optimizer = tf.train.momentum(0.05, 0.9);
    return {
      weights: () => model.weights.map((weight) => weight.read() as tf.Variable),
      step: (x1: tf.Tensor, x2: tf.Tensor, y1: tf.Tensor, y2: tf.Tensor) => {
        let parts: tf.Tensor[] = [];
        const { value, grads } = tf.variableGrads(() => {
          const [p1, p2] = model.apply([x1, x2], { training: true }) as tf.Tensor[];
          parts = [tf.keep(tf.losses.logLoss(y1, p1!)), tf.keep(tf.mean(squares(y2, p2!)))];
          return tf.add(parts[0]!, parts[1]!) as tf.Scalar;
        });
        optimizer.applyGradients(grads as never);
        return [value, ...parts];
      },
      batch: (n) => [
        [n, 3],
        [n, 4],
        [n, 1],
        [n, 2],
      ],
    };
  },
};

/** Results of all steps, then the weights. */
async function train(backend: string, make: () => Training): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const { weights, step, batch } = make();
  const run = backend === 'cpu' ? (...inputs: tf.Tensor[]) => tf.tidy(() => step(...inputs)) : compile(step);
  const results: Float32Array[] = [];
  for (let i = 0; i < 50; i++) {
    // The last batch of an epoch of five is smaller.
    const inputs = batch(i % 5 === 4 ? 3 : 8).map((shape, k) => numbers(shape, 10 * i + k));
    const outputs = run(...inputs);
    results.push(Float32Array.from(outputs.flatMap((t) => [...t.dataSync()])));
    tf.dispose([inputs, outputs]);
  }
  results.push(...weights().map((weight) => weight.dataSync().slice() as Float32Array));
  tf.disposeVariables();
  return results;
}

describe('fifty compiled steps equal eager ones on cpu:', () => {
  for (const [name, make] of Object.entries(TRAININGS)) {
    it(name, async () => {
      const expected = await train('cpu', make);
      const got = await train('onnxruntime', make);
      expect(got.length).toBe(expected.length);
      got.forEach((array, i) => {
        array.forEach((value, k) => {
          const wanted = expected[i]![k]!;
          // Sums in another order, over fifty steps of an optimizer that enlarges small differences.
          expect(Math.abs(value - wanted)).toBeLessThan(3e-4 * Math.max(1, Math.abs(wanted)));
        });
      });
    });
  }
});

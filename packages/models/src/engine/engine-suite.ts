/** What every engine must do, whichever executes: one suite for all drivers. */

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import type { EngineName } from './select.ts';

/** Numbers between -1 and 1, the same everywhere. */
const random = (shape: number[], seed: number) => {
  const numbers = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) =>
    Math.sin(i * 12.9898 + seed),
  );
  return tf.tensor(numbers, shape);
};

/** Losses and weights of some steps of Adam on a small convolutional network, with a last batch of another size. */
function train(compile: Engine['compile']): number[] {
  const kernel = tf.variable(random([3, 3, 2, 4], 1));
  const weights = tf.variable(random([16, 1], 2));
  const optimizer = tf.train.adam(0.05);
  const step = compile((x: tf.Tensor, y: tf.Tensor) => {
    const loss = () => {
      const features = tf.maxPool(
        tf.relu(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')),
        2,
        2,
        'valid',
      );
      const flat = tf.reshape(features, [x.shape[0]!, 16]);
      return tf.losses.sigmoidCrossEntropy(
        y,
        tf.matMul(flat as tf.Tensor2D, weights as tf.Tensor2D),
      ) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(loss, [kernel, weights]);
    optimizer.applyGradients(grads as never);
    return value;
  });
  const losses = Array.from({ length: 6 }, (_, i) => {
    const n = i === 5 ? 2 : 4;
    const [x, y] = [random([n, 4, 4, 2], 10 + i), tf.tensor([0, 1, 1, 0].slice(0, n), [n, 1])];
    const loss = step(x, y);
    const value = loss.dataSync()[0]!;
    tf.dispose([x, y, loss]);
    return value;
  });
  const values = [...losses, ...kernel.dataSync(), ...weights.dataSync()];
  tf.dispose([kernel, weights]);
  optimizer.dispose();
  return values;
}

/** The suite for an engine; `select` makes it TensorFlow.js' backend anew before each test. */
export function testEngine(name: EngineName, select: () => Promise<Engine>): void {
  it('says what it is, and in one line why', async () => {
    const engine = await select();
    expect(engine.name).toBe(name);
    expect(engine.provider).not.toBe('');
    expect(engine.device).not.toBe('');
    expect(engine.note).toMatch(/^[^\n]+\.$/);
    expect(engine.note).toContain(engine.device);
  });

  it('trains as the cpu backend does', async () => {
    const engine = await select();
    const got = train(engine.compile);
    await tf.setBackend('cpu');
    const expected = train((step) => step as never);
    got.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
    });
  });

  it('gives results that belong to the caller, and leaves nothing behind', async () => {
    const engine = await select();
    const step = engine.compile((x: tf.Tensor) => ({ sum: tf.sum(x), rows: [tf.neg(x), tf.square(x)] }));
    const x = tf.tensor2d([[1, -2, 3]]);
    const results = [0, 1, 2].map(() => step(x));
    const before = tf.memory().numTensors;
    for (const { sum, rows } of results) {
      expect([...sum.dataSync(), ...rows[0]!.dataSync(), ...rows[1]!.dataSync()]).toEqual([
        2, -1, 2, -3, 1, 4, 9,
      ]);
    }
    tf.dispose(results);
    expect(tf.memory().numTensors).toBe(before - 9);
    x.dispose();
  });

  it('draws other numbers at each step', async () => {
    const engine = await select();
    const step = engine.compile((x: tf.Tensor) => tf.add(x, tf.randomUniform([50])));
    const draws = [0, 1, 2, 3].map(() =>
      step(tf.zeros([50]))
        .dataSync()
        .join(),
    );
    expect(new Set(draws).size).toBe(4);
  });
}

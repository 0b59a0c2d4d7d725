// Compiled steps whose variables are updated outside of ONNX Runtime, against the cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// tfjs-core registers no gradients by itself in Node; tfjs-layers does.
import '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

type Make = () => { readonly variables: tf.Variable[]; readonly step: (x: tf.Tensor) => tf.Tensor };

const STEPS = 6;
const at = (i: number, shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(i * 7 + k)),
    shape,
  );

/** Values of the results and of all variables after each step; the listing, where it was compiled. */
async function run(backend: string, make: Make) {
  await tf.setBackend(backend);
  const { variables, step } = make();
  const compiled = backend === 'cpu' ? undefined : compile(step);
  const values: number[][] = [];
  for (let i = 0; i < STEPS; i++) {
    const y = tf.tidy(() => (compiled ?? step)(at(i, [5, 3])));
    values.push([y, ...variables].flatMap((t) => [...t.dataSync()]));
  }
  const listing = compiled?.print() ?? '';
  compiled?.dispose();
  tf.dispose(variables);
  return { values, listing };
}

async function same(make: Make): Promise<string> {
  const expected = await run('cpu', make);
  const got = await run('onnxruntime', make);
  got.values.forEach((row, i) => {
    row.forEach((value, k) => {
      expect(value).toBeCloseTo(expected.values[i]![k]!, 5);
    });
  });
  return got.listing;
}

const variable = (i: number, shape = [5, 3]) => tf.variable(at(i, shape));

describe('updates equal the cpu backend', () => {
  it('of a variable by another one’s old value, and the other way round', async () => {
    const listing = await same(() => {
      const [a, b] = [variable(1), variable(2)];
      const step = (x: tf.Tensor) => {
        const [oldA, oldB] = [tf.mul(a, 1), tf.mul(b, 1)];
        a.assign(tf.add(oldB, tf.mul(x, 0.5)));
        b.assign(tf.sub(oldA, tf.square(oldB)));
        return tf.sum(x);
      };
      return { variables: [a, b], step };
    });
    expect(listing.match(/update float32\[5, 3\]/g)).toHaveLength(1);
  });

  it('that read a variable which the session writes, and one that nobody writes', async () => {
    const listing = await same(() => {
      const [w, average, fixed] = [variable(1, [3, 3]), variable(2, [3, 3]), variable(3, [3, 3])];
      const step = (x: tf.Tensor) => {
        average.assign(tf.add(tf.mul(average, 0.9), tf.mul(tf.add(w, fixed), 0.1)));
        w.assign(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, true));
        return tf.mean(x);
      };
      return { variables: [w, average, fixed], step };
    });
    expect(listing).toContain('update float32[3, 3]');
  });

  it('whose value is a result too, or is read before the step’s end', () =>
    same(() => {
      const [a, b] = [variable(1), variable(2)];
      const step = (x: tf.Tensor) => {
        a.assign(tf.add(a, x));
        b.assign(tf.mul(b, 0.5));
        return tf.add(tf.sum(tf.sigmoid(b)), tf.mul(a, 1));
      };
      return { variables: [a, b], step };
    }));

  it('with scalars that the session computes, of sizes that fill no lane', async () => {
    const listing = await same(() => {
      const [w, m, bias, count] = [variable(1), variable(2), variable(3, [1]), tf.variable(tf.scalar(1))];
      const step = (x: tf.Tensor) => {
        const rate = tf.div(tf.mean(tf.square(x)), count);
        count.assign(tf.add(count, 1));
        m.assign(tf.add(tf.mul(m, 0.9), tf.mul(tf.tanh(x), rate)));
        w.assign(tf.sub(w, tf.div(m, tf.add(tf.sqrt(tf.abs(m)), 1e-3))));
        bias.assign(tf.maximum(tf.neg(bias), tf.mul(rate, tf.ones([1]))));
        return tf.mean(w);
      };
      return { variables: [w, m, bias, count], step };
    });
    expect(listing).not.toBe('');
  });

  it('two variables that take one value', () =>
    same(() => {
      const [a, b] = [variable(1), variable(2)];
      const step = (x: tf.Tensor) => {
        const value = tf.add(a, x);
        a.assign(value);
        b.assign(value);
        return tf.sum(x);
      };
      return { variables: [a, b], step };
    }));
});

it('a step that alternates between batch sizes goes on from the same values', async () => {
  await tf.setBackend('onnxruntime');
  const w = variable(1, [3]);
  const expected = [...w.dataSync()];
  const step = compile((x: tf.Tensor) => {
    const g = tf.sum(x, 0);
    w.assign(tf.sub(w, tf.mul(g, 0.1)));
    return tf.sum(g);
  });
  for (let i = 0; i < 9; i++) {
    const x = at(i, [i % 2 ? 4 : 2, 3]);
    const g = Array.from(x.dataSync()).reduce(
      (sums, v, k) => {
        sums[k % 3]! += v;
        return sums;
      },
      [0, 0, 0],
    );
    step(x).dispose();
    const kept = w.clone();
    g.forEach((v, k) => {
      expected[k]! -= 0.1 * v;
      expect(w.dataSync()[k]).toBeCloseTo(expected[k]!, 5);
    });
    step(tf.zeros([3, 3])).dispose();
    expect([...kept.dataSync()]).toEqual([...w.dataSync()]);
  }
  step.dispose();
});

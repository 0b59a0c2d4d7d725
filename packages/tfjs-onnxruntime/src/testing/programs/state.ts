// Programs of variables, inputs and results: swapped, shared, nested, empty, disposed.

import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../../index.ts';
import { batch, type Program, random, variable } from './program.ts';

export const STATE_PROGRAMS: Record<string, () => Program> = {
  'tidy and keep inside, and tensors disposed by hand': () => {
    const w = variable([5, 1], 3);
    return {
      step: (x) => {
        const product = tf.tidy(() => {
          const doubled = tf.mul(x!, 2);
          const kept = tf.keep(tf.matMul(doubled as tf.Tensor2D, w as tf.Tensor2D));
          return [tf.relu(kept), kept];
        });
        const sum = tf.sum(product[0]!);
        w.assign(tf.mul(w, 0.9));
        tf.dispose(product);
        return sum;
      },
      inputs: batch,
    };
  },
  'inputs whose type, rank and size change': () => {
    const w = variable([], 4);
    return {
      step: (x) => {
        const scaled = tf.mul(tf.cast(x!, 'float32'), w);
        w.assign(tf.add(w, tf.mean(scaled)));
        return [scaled, tf.sum(x!)];
      },
      inputs: (i) => [
        [
          tf.tensor([1, 2, 3]),
          tf.tensor([4, 5], [2], 'int32'),
          tf.tensor([[1], [0]], [2, 1], 'bool'),
          tf.scalar(7),
        ][i % 4]!,
      ],
    };
  },
  'nested results, with what is no tensor among them, and one tensor twice': () => ({
    step: (x) => {
      const y = tf.square(x!);
      return { a: [y, { b: tf.neg(y), n: 3 }], c: [], twice: [y, y], itself: x! } as never;
    },
    inputs: (i) => [random([3], i)],
  }),
  'variables that swap their values, one that is written twice, a counter of integers and a flag': () => {
    const [a, b] = [variable([3], 7), variable([3], 8)];
    const counter = tf.variable(tf.scalar(0, 'int32'));
    const flag = tf.variable(tf.scalar(true, 'bool'));
    return {
      step: (x) => {
        const old = tf.clone(a);
        a.assign(b as never);
        b.assign(old as never);
        a.assign(tf.add(a, x!));
        a.assign(tf.mul(a, 1.5));
        counter.assign(tf.add(counter, tf.scalar(2, 'int32')));
        flag.assign(tf.logicalNot(flag));
        return [a, tf.where(flag, tf.scalar(1), tf.scalar(-1)), tf.cast(counter, 'float32')];
      },
      inputs: (i) => [random([3], i)],
    };
  },
  'a variable and one tensor as several inputs': () => {
    const w = variable([4], 9);
    return {
      step: (x, y, z) => {
        w.assign(tf.add(w, tf.mul(tf.sub(x!, y!), 0.5)));
        return [tf.add(x!, z!), w];
      },
      inputs: (i) => {
        const x = random([4], i);
        return i % 2 ? [w, x, x] : [x, x, w];
      },
    };
  },
  'a compiled step that is called by a compiled step': () => {
    const w = variable([3], 10);
    const inner = compile((x: tf.Tensor) => tf.mul(x, w));
    return {
      step: (x) => {
        const y = tf.getBackend() === 'cpu' ? tf.mul(x!, w) : inner(x!);
        w.assign(tf.sub(w, tf.mul(y, 0.1)));
        return y;
      },
      inputs: (i) => [random([3], i)],
    };
  },
  'batches of no image': () => {
    const w = variable([5, 2], 12);
    return {
      step: (x) => {
        const y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
        w.assign(tf.add(w, tf.sum(y)));
        return [y, tf.sum(y)];
      },
      inputs: (i) => [random([i % 2 ? 0 : 3, 5], i)],
    };
  },
  'results that are disposed, inputs that are disposed inside, all in a tidy': () => {
    const w = variable([3], 13);
    return {
      step: (x) => {
        const y = tf.add(x!, w);
        x!.dispose();
        w.assign(tf.mul(y, 0.5));
        return [w, y];
      },
      inputs: (i) => [random([3], i)],
    };
  },
  'nothing is given, and something is written': () => {
    const w = variable([3], 14);
    return {
      step: (x) => {
        w.assign(tf.add(w, x!));
        return undefined as never;
      },
      inputs: (i) => [random([3], i)],
    };
  },
  'inputs and constants given back': () => {
    const c = random([2], 15);
    return { step: (x) => [x!, c, tf.zeros([2])], inputs: (i) => [random([2], i)] };
  },
};

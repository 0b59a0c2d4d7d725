// What happens to a compiled step between its calls, and in the middle of one: it goes on as it would uncompiled, or
// says what it can't do.

import '@tensorflow/tfjs-backend-cpu';
import { sessionsAlive } from '@sightline/ort';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';

beforeEach(() => tf.setBackend('onnxruntime'));

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const ones = () => tf.ones([2]);

/** Adds 1 to a variable, and gives the product with what it was. */
const advancing = (variable: () => tf.Variable) =>
  compile((x: tf.Tensor) => {
    const y = tf.mul(x, variable());
    variable().assign(tf.add(variable(), 1));
    return y;
  });

describe('a compiled step goes on', () => {
  it('with the variable that has taken the place of one that was disposed', () => {
    let w = tf.variable(tf.tensor([1, 2]));
    const step = advancing(() => w);
    const seen = [0, 1, 2, 3, 4, 5].map((i) => {
      if (i === 3) {
        w.dispose();
        w = tf.variable(tf.tensor([10, 20]));
      }
      return values(step(ones()));
    });
    expect(seen.map(([first]) => first)).toEqual([1, 2, 3, 10, 11, 12]);
  });

  it('after the user’s code has thrown in the middle of a call or of a trace, as if that had not been', () => {
    const w = tf.variable(tf.tensor([1, 2]));
    let fails = false;
    const step = compile((x: tf.Tensor) => {
      const y = tf.mul(x, w);
      // What the first call assigned stays: it runs as it is.
      if (fails) throw new Error('of the user');
      w.assign(tf.add(w, 1));
      return y;
    });
    const before = tf.memory().numTensors;
    const seen = [true, false, true, false, false, false].map((failing) => {
      fails = failing;
      if (!failing) return tf.tidy(() => values(step(ones()))[0]);
      tf.tidy(() => void expect(() => step(ones())).toThrow('of the user'));
      return undefined;
    });
    expect(seen).toEqual([undefined, 1, undefined, 2, 3, 4]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('with a variable that shared its value with another, or with a clone, when the step was traced', () => {
    const online = tf.variable(tf.tensor([1, 2]));
    const target = tf.variable(tf.tensor([0, 0]));
    // As `target.setWeights(online.getWeights())` of tfjs-layers does.
    target.assign(online);
    const before = online.clone();
    const step = compile((x: tf.Tensor) => [
      tf.sub(online, target),
      tf.sub(online, before),
      tf.mul(x, target),
    ]);
    const seen = [0, 1, 2, 3, 4, 5].map((i) => {
      if (i === 2) online.assign(tf.tensor([10, 20]));
      if (i === 4) target.assign(online);
      return step(ones()).map((result) => values(result)[0]);
    });
    const [same, apart, again] = [
      [0, 0, 1],
      [9, 9, 1],
      [0, 9, 10],
    ];
    expect(seen).toEqual([same, same, apart, apart, again, again]);
  });

  it('on an input that was the value of a variable which the step writes', () => {
    const w = tf.variable(tf.tensor([1, 2]));
    const step = compile((x: tf.Tensor) => {
      const doubled = tf.mul(x, 2);
      w.assign(doubled);
      return tf.add(doubled, x);
    });
    for (let i = 0; i < 2; i++) step(ones());
    const before = w.clone();
    w.assign(tf.tensor([7, 7]));
    expect(values(step(before))).toEqual([6, 6]);
    expect([values(before), values(w)]).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });

  it('after a variable that the first call has made', () => {
    let w: tf.Variable | undefined;
    const step = advancing(() => {
      w ??= tf.variable(tf.tensor([1, 2]));
      return w;
    });
    expect([0, 1, 2, 3].map(() => values(step(ones()))[0])).toEqual([1, 2, 3, 4]);
  });

  it('after another backend has had the variables', async () => {
    const w = tf.variable(tf.tensor([1, 2]));
    const step = advancing(() => w);
    for (let i = 0; i < 3; i++) step(ones());
    await tf.setBackend('cpu');
    expect(() => step(ones())).toThrow(/runs on the backend onnxruntime, but the backend is cpu/);
    w.assign(tf.mul(w, 2));
    await tf.setBackend('onnxruntime');
    expect([0, 1].map(() => values(step(ones())))).toEqual([
      [8, 10],
      [9, 11],
    ]);
  });

  it('with a clone that was left alone with the array of a variable', () => {
    for (const debug of [false, true]) {
      const w = tf.variable(tf.tensor([1, 2]));
      const step = compile(
        (x: tf.Tensor) => {
          w.assign(tf.add(w, x));
          return tf.sum(w);
        },
        { debug },
      );
      const clones: tf.Tensor[] = [];
      for (let i = 0; i < 8; i++) {
        step(ones());
        clones.push(tf.clone(w));
        if (i % 3 === 2) w.assign(tf.tensor([100 * i, 0]));
      }
      expect(clones.map((clone) => values(clone)[0])).toEqual([2, 3, 4, 201, 202, 203, 501, 502]);
    }
  });

  it('with variables that other steps, and calls of other sizes, write in turn', async () => {
    const follow = async (backend: string): Promise<number[]> => {
      await tf.setBackend(backend);
      const w = tf.variable(tf.tensor([1, -2, 3]));
      const optimizers = [tf.train.adam(0.1), tf.train.momentum(0.05, 0.9)];
      const steps = optimizers.map((optimizer) => {
        const step = (x: tf.Tensor) =>
          optimizer.minimize(() => tf.sum(tf.square(tf.sub(tf.mul(w, x), 1))), true, [w])!;
        return backend === 'cpu' ? step : compile(step);
      });
      const seen: number[] = [];
      const clones: tf.Tensor[] = [];
      for (let i = 0; i < 16; i++) {
        const x = tf.fill([1 + (i % 3), 3], 0.1 * (i % 5));
        seen.push(steps[Math.floor(i / 2) % 2]!(x).dataSync()[0]!);
        clones.push(tf.clone(w));
        if (i === 9) w.assign(clones[4]! as never);
      }
      return [...seen, ...clones.flatMap(values)];
    };
    const [got, expected] = [await follow('onnxruntime'), await follow('cpu')];
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  it('with the signatures used last, and makes the others again', () => {
    const w = tf.variable(tf.scalar(0));
    const step = compile((x: tf.Tensor) => {
      w.assign(tf.add(w, 1));
      return tf.mul(x, w);
    });
    const before = sessionsAlive();
    const own = () => sessionsAlive() - before;
    for (let size = 1; size <= 200; size++) {
      tf.tidy(() => {
        for (let i = 0; i < 2; i++) step(tf.ones([size]));
      });
    }
    // Each signature has run once as it is, in a session of the cache, which holds 256.
    expect(own()).toBeLessThanOrEqual(200 + 64);
    for (let i = 0; i < 3; i++) expect(values(step(tf.ones([1])))).toEqual([401 + i]);
    step.dispose();
    expect(own()).toBeLessThanOrEqual(201);
  });
});

describe('a step that cannot be compiled', () => {
  const thrice = (step: (x: tf.Tensor) => tf.TensorContainer) => () => {
    const compiled = compile(step as (x: tf.Tensor) => tf.Tensor);
    for (let i = 0; i < 3; i++) compiled(ones());
  };
  const keeps =
    /reads a tensor that an earlier call of it has kept at .*between-steps\.test\.ts:\d+: .* tf\.Variable/;
  const here = 'between-steps\\.test\\.ts:\\d+';

  it('is async', async () => {
    const message = new RegExp(`A compiled step, called at .*${here}, is async and gives a promise`);
    expect(thrice((async (x: tf.Tensor) => tf.neg(x)) as never)).toThrow(message);
    const late = async (x: tf.Tensor) => {
      await Promise.resolve();
      return tf.neg(x);
    };
    expect(thrice(late as never)).toThrow(message);
    // What is left of it fails by itself, and must not end the process.
    await new Promise((resolve) => setTimeout(resolve));
  });

  it('gives and writes nothing', () => {
    expect(thrice((x) => void tf.neg(x) as never)).toThrow(/gives no tensor and writes no variable/);
  });

  it('gives strings or complex numbers, or computes with them', () => {
    expect(thrice((x) => [x, tf.tensor(['a'])])).toThrow(/gives a tensor of string/);
    expect(thrice(() => tf.complex([1], [2]))).toThrow(/gives a tensor of complex64/);
    expect(thrice((x) => tf.real(tf.complex(x, x)))).toThrow(
      new RegExp(`calls Complex on float32\\[2\\] at .*${here}, which has no form in ONNX`),
    );
  });

  it('keeps a tensor of its own from step to step', () => {
    let mean = tf.keep(tf.zeros([2]));
    const step = (x: tf.Tensor) => {
      mean = tf.keep(tf.add(tf.mul(mean, 0.5), x));
      return tf.neg(mean);
    };
    expect(thrice(step)).toThrow(keeps);
  });

  it('calls more, or less, than it did', () => {
    const calling = (counts: number[]) => {
      let call = 0;
      return thrice((x) => {
        let y = x;
        for (let i = 0; i < counts[call]!; i++) y = tf.neg(y);
        call = Math.min(call + 1, counts.length - 1);
        return tf.square(y);
      });
    };
    expect(calling([1, 1, 2])).toThrow(
      new RegExp(`Square of float32\\[2\\] has become Neg of .* at .*${here}`),
    );
  });

  it('is a recurrent network that keeps its state from batch to batch', () => {
    const lstm = tfl.layers.lstm({
      units: 2,
      stateful: true,
      recurrentInitializer: 'ones',
      batchInputShape: [2, 3, 1],
    });
    const model = tfl.sequential({ layers: [lstm] });
    const step = (x: tf.Tensor) => model.apply(tf.tile(tf.reshape(x, [2, 1, 1]), [1, 3, 1])) as tf.Tensor;
    expect(thrice(step)).toThrow(keeps);
  });

  it('reads a tensor that has been disposed', () => {
    const gone = tf.tensor([1, 2]);
    gone.dispose();
    expect(() => tf.mul(gone, 2)).toThrow(
      new RegExp(`Multiply reads a tensor that has been disposed .*${here}`),
    );
    const step = compile((x: tf.Tensor) => tf.mul(x, 2));
    for (let i = 0; i < 2; i++) step(ones());
    const x = ones();
    x.dispose();
    expect(() => step(x)).toThrow(/has been disposed/);
  });
});

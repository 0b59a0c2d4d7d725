// Training programs as people write them: each is run by TensorFlow.js' cpu backend, by this engine as it is, and
// compiled, and must give the same results and leave the same variables after every step.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { numbers } from '../testing/numbers.ts';
import { flatten } from './container.ts';
import type { Step } from './trace.ts';

interface Program {
  readonly step: Step;
  /** The inputs of step number i, from 0. */
  readonly inputs: (i: number) => tf.Tensor[];
  /** What happens outside of the step, before step number i; what it reads is compared too. */
  readonly before?: (i: number) => tf.TensorContainer;
}

const STEPS = 8;

const random = (shape: number[], seed: number) =>
  tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
const variable = (shape: number[], seed: number) => tf.variable(random(shape, seed));

/** All that a program gives and holds, step by step. */
async function follow(backend: string, make: () => Program, compiled: boolean): Promise<number[][]> {
  await tf.setBackend(backend);
  tf.disposeVariables();
  const { step, inputs, before } = make();
  const run = compiled ? compile(step) : step;
  const seen: number[][] = [];
  const note = (container: tf.TensorContainer) => {
    const held = Object.values(tf.engine().state.registeredVariables);
    const tensors = [...flatten(container), ...held];
    seen.push(tensors.flatMap((tensor) => Array.from(tensor.dataSync())));
  };
  for (let i = 0; i < STEPS; i++) {
    if (before) note(before(i));
    note(run(...inputs(i)));
  }
  return seen;
}

function expectClose(got: number[][], expected: number[][]): void {
  got.forEach((values, i) => {
    expect(values.length, `values of moment ${i}`).toBe(expected[i]!.length);
    values.forEach((value, k) => {
      // Some steps of Adam amplify the rounding of sums in another order.
      const room = 2e-4 * Math.max(1, Math.abs(expected[i]![k]!));
      expect(Math.abs(value - expected[i]![k]!), `value ${k} of moment ${i}`).toBeLessThan(room);
    });
  });
}

const batch = (i: number) => [
  random([6, 5], 100 + i),
  tf.cast(tf.greater(random([6, 1], 200 + i), 0), 'float32'),
];

const dense = (units: number, seed: number, options: object = {}) =>
  tfl.layers.dense({ units, kernelInitializer: tfl.initializers.glorotUniform({ seed }), ...options });

const network = (seed: number, options: { inputs?: number; outputs?: number } = {}) =>
  tfl.sequential({
    layers: [
      dense(7, seed, { activation: 'tanh', inputShape: [options.inputs ?? 5] }),
      dense(options.outputs ?? 1, seed + 1, { activation: 'sigmoid' }),
    ],
  });

const logLoss = (y: tf.Tensor, p: tf.Tensor) => tf.losses.logLoss(y, p) as tf.Scalar;

const PROGRAMS: Record<string, () => Program> = {
  'two models that share a layer': () => {
    const shared = dense(6, 1, { activation: 'relu', inputShape: [5] });
    const [a, b] = [
      tfl.sequential({ layers: [shared, dense(1, 2, { activation: 'sigmoid' })] }),
      tfl.sequential({ layers: [shared, dense(1, 3, { activation: 'sigmoid' })] }),
    ];
    const optimizer = tf.train.adam(0.02);
    return {
      step: (x, y) => {
        const loss = () =>
          tf.add(
            logLoss(y!, a.apply(x!, { training: true }) as tf.Tensor),
            logLoss(tf.sub(1, y!), b.apply(x!, { training: true }) as tf.Tensor),
          ) as tf.Scalar;
        const { value, grads } = tf.variableGrads(loss);
        optimizer.applyGradients(grads as never);
        return value;
      },
      inputs: batch,
    };
  },
  'minimize on a list of variables, the others stay': () => {
    const [w, v] = [variable([5, 3], 1), variable([3, 1], 2)];
    const optimizer = tf.train.rmsprop(0.01, 0.9, 0.5);
    return {
      step: (x, y) =>
        optimizer.minimize(
          () =>
            tf.mean(
              tf.square(
                tf.sub(
                  tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), v as tf.Tensor2D),
                  y!,
                ),
              ),
            ),
          true,
          [v],
        )!,
      inputs: batch,
    };
  },
  'gradients clipped by value and by their global norm': () => {
    const model = network(5);
    const optimizer = tf.train.momentum(0.3, 0.8);
    return {
      step: (x, y) => {
        const { value, grads } = tf.variableGrads(() =>
          tf.mul(logLoss(y!, model.apply(x!, { training: true }) as tf.Tensor), 9),
        );
        const clipped = Object.entries(grads).map(
          ([name, g]) => [name, tf.clipByValue(g, -0.4, 0.4)] as const,
        );
        const norm = tf.sqrt(tf.addN(clipped.map(([, g]) => tf.sum(tf.square(g)))));
        const factor = tf.minimum(1, tf.div(0.5, norm));
        optimizer.applyGradients(
          Object.fromEntries(clipped.map(([name, g]) => [name, tf.mul(g, factor)])) as never,
        );
        return [value, norm];
      },
      inputs: batch,
    };
  },
  'a generator and a discriminator, each with its optimizer': () => {
    const [generator, discriminator] = [network(10, { inputs: 3, outputs: 5 }), network(20)];
    const [forG, forD] = [tf.train.adam(0.02, 0.5), tf.train.sgd(0.1)];
    const weightsOf = (model: tfl.LayersModel) =>
      model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const judge = (x: tf.Tensor) => discriminator.apply(x, { training: true }) as tf.Tensor;
    return {
      step: (real, noise) => {
        const make = () => generator.apply(noise!, { training: true }) as tf.Tensor;
        const forged = make();
        const ofD = forD.minimize(
          () =>
            tf.add(
              logLoss(tf.ones([6, 1]), judge(real!)),
              logLoss(tf.zeros([4, 1]), judge(forged)),
            ) as tf.Scalar,
          true,
          weightsOf(discriminator),
        )!;
        const ofG = forG.minimize(() => logLoss(tf.ones([4, 1]), judge(make())), true, weightsOf(generator))!;
        return { losses: { ofD, ofG }, forged };
      },
      inputs: (i) => [random([6, 5], 100 + i), random([4, 3], 300 + i)],
    };
  },
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
  'a weight read, cloned and written between steps': () => {
    const model = network(30);
    const optimizer = tf.train.adam(0.02);
    const clones: tf.Tensor[] = [];
    return {
      step: (x, y) => {
        const loss = () => logLoss(y!, model.apply(x!, { training: true }) as tf.Tensor);
        const { value, grads } = tf.variableGrads(loss);
        optimizer.applyGradients(grads as never);
        return value;
      },
      inputs: batch,
      before: (i) => {
        const first = model.getWeights()[0]!;
        if (i % 2) clones.push(tf.clone(first));
        if (i === 5) model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 0.5)));
        // Clones keep the values that they were made of.
        return [first, ...clones, tf.sum(first), model.predict(random([2, 5], i)) as tf.Tensor];
      },
    };
  },
  'weights and optimizer set back to what they were': () => {
    const model = network(40);
    const optimizer = tf.train.adam(0.05);
    return {
      step: (x, y) => {
        const loss = () => logLoss(y!, model.apply(x!, { training: true }) as tf.Tensor);
        const { value, grads } = tf.variableGrads(loss);
        optimizer.applyGradients(grads as never);
        return value;
      },
      inputs: (i) => batch(i % 3),
      before: (i) => {
        if (i === 4) model.setWeights(network(77).getWeights());
        return [];
      },
    };
  },
  'steps of its own by hand between compiled ones': () => {
    const w = variable([5, 1], 6);
    const optimizer = tf.train.momentum(0.1, 0.9);
    const step = (x: tf.Tensor, y: tf.Tensor) =>
      optimizer.minimize(
        () => tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), y))),
        true,
        [w],
      )!;
    return {
      step: step as Step,
      inputs: batch,
      before: (i) => (i % 3 === 2 ? step(...(batch(50 + i) as [tf.Tensor, tf.Tensor])) : []),
    };
  },
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
  'second derivatives, and gradients of the user': () => {
    const w = variable([4], 11);
    const cube = tf.customGrad((x, save) => {
      (save as unknown as (tensors: tf.Tensor[]) => void)([x as tf.Tensor]);
      return {
        value: tf.pow(x as tf.Tensor, 3),
        gradFunc: (dy, saved) => tf.mul(dy, tf.mul(7, tf.square((saved as tf.Tensor[])[0]!))),
      };
    });
    return {
      step: (x) => {
        const first = tf.grad((v) => tf.sum(tf.mul(tf.sin(v), x!)));
        const { value, grads } = tf.variableGrads(
          () => tf.sum(tf.mul(cube(w), tf.grad(first as never)(w))) as tf.Scalar,
        );
        w.assign(tf.sub(w, tf.mul(grads[w.name]!, 0.01)));
        return value;
      },
      inputs: (i) => [random([4], i)],
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
  'a recurrent network': () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.lstm({
          units: 4,
          inputShape: [5, 3],
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }),
          recurrentInitializer: tfl.initializers.glorotUniform({ seed: 2 }),
        }),
        dense(1, 3, { activation: 'sigmoid' }),
      ],
    });
    const optimizer = tf.train.adam(0.02);
    return {
      step: (x, y) => {
        const loss = () => logLoss(y!, model.apply(x!, { training: true }) as tf.Tensor);
        const { value, grads } = tf.variableGrads(loss);
        optimizer.applyGradients(grads as never);
        return value;
      },
      inputs: (i) => [random([2, 5, 3], i), tf.tensor([[0], [1]])],
    };
  },
};

describe('a compiled program gives what the cpu backend and the uncompiled program give:', () => {
  for (const [name, make] of Object.entries(PROGRAMS)) {
    it(name, async () => {
      const expected = await follow('cpu', make, false);
      expectClose(await follow('onnxruntime', make, false), expected);
      expectClose(await follow('onnxruntime', make, true), expected);
    });
  }
});

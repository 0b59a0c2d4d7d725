// Programs that train: models that share, optimizers side by side, weights that are read and set between steps.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { AnyStep } from '../../compile/trace.ts';
import { batch, dense, logLoss, network, type Program, random, variable } from './program.ts';

/** A step that trains a model of probabilities on (x, y). */
const training =
  (model: tfl.LayersModel, optimizer: tf.Optimizer): AnyStep =>
  (x, y) => {
    const { value, grads } = tf.variableGrads(() =>
      logLoss(y!, model.apply(x!, { training: true }) as tf.Tensor),
    );
    optimizer.applyGradients(grads as never);
    return value;
  };

export const TRAINING_PROGRAMS: Record<string, () => Program> = {
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
  'a weight read, cloned and written between steps': () => {
    const model = network(30);
    const optimizer = tf.train.adam(0.02);
    const clones: tf.Tensor[] = [];
    return {
      step: training(model, optimizer),
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
      step: training(model, optimizer),
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
      step: step as AnyStep,
      inputs: batch,
      before: (i) => (i % 3 === 2 ? step(...(batch(50 + i) as [tf.Tensor, tf.Tensor])) : []),
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
      step: training(model, optimizer),
      inputs: (i) => [random([2, 5, 3], i), tf.tensor([[0], [1]])],
    };
  },
};

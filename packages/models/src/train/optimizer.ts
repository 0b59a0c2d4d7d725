// Optimizers with Keras' update rules. All that changes from step to step (learning rate, step count, moments) is
// kept in tf.Variables, so that a compiled step has it as state and a checkpoint can hold it.

import * as tf from '@tensorflow/tfjs-core';

export type OptimizerConfig =
  | {
      readonly name: 'adam';
      readonly learningRate: number;
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
    }
  | {
      readonly name: 'sgd';
      readonly learningRate: number;
      readonly momentum?: number;
      readonly nesterov?: boolean;
    };

export interface Optimizer {
  readonly config: OptimizerConfig;
  /** A scalar; assign it to change the rate between steps. */
  readonly learningRate: tf.Variable;
  /** What a checkpoint holds beside the learning rate, with names that do not depend on the process. */
  readonly slots: readonly { readonly name: string; readonly variable: tf.Variable }[];
  /** Updates the variables by their gradients, in the order that they were given in. */
  apply(gradients: readonly tf.Tensor[]): void;
  dispose(): void;
}

const state = (tensor: tf.Tensor): tf.Variable => {
  const variable = tf.variable(tensor, false);
  tensor.dispose();
  return variable;
};

/** An optimizer for these variables. Its slots start at zero. */
export function createOptimizer(config: OptimizerConfig, variables: readonly tf.Variable[]): Optimizer {
  const learningRate = state(tf.scalar(config.learningRate));
  const slots: { name: string; variable: tf.Variable }[] = [];
  const slot = (name: string, tensor: tf.Tensor) => {
    const variable = state(tensor);
    slots.push({ name, variable });
    return variable;
  };
  const zeros = (name: string) => variables.map((v, i) => slot(`${name}/${i}`, tf.zeros(v.shape)));
  const update =
    config.name === 'adam'
      ? adam(
          config,
          variables,
          learningRate,
          slot('iterations', tf.scalar(0)),
          zeros('momentum'),
          zeros('velocity'),
        )
      : sgd(config, variables, learningRate, config.momentum ? zeros('momentum') : []);
  return {
    config,
    learningRate,
    slots,
    apply: (gradients) => tf.tidy(() => update(gradients)),
    dispose: () => {
      learningRate.dispose();
      for (const { variable } of slots) variable.dispose();
    },
  };
}

/** Kingma and Ba, with Keras' place for epsilon: w -= a m / (sqrt(v) + e), a = rate sqrt(1 - b2^t) / (1 - b1^t). */
function adam(
  config: OptimizerConfig & { name: 'adam' },
  variables: readonly tf.Variable[],
  rate: tf.Variable,
  iterations: tf.Variable,
  momentums: readonly tf.Variable[],
  velocities: readonly tf.Variable[],
) {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = config;
  return (gradients: readonly tf.Tensor[]): void => {
    const t = tf.add(iterations, 1);
    iterations.assign(t);
    const alpha = tf.div(tf.mul(rate, tf.sqrt(tf.sub(1, tf.pow(beta2, t)))), tf.sub(1, tf.pow(beta1, t)));
    gradients.forEach((gradient, i) => {
      const m = tf.add(momentums[i]!, tf.mul(tf.sub(gradient, momentums[i]!), 1 - beta1));
      const v = tf.add(velocities[i]!, tf.mul(tf.sub(tf.square(gradient), velocities[i]!), 1 - beta2));
      momentums[i]!.assign(m);
      velocities[i]!.assign(v);
      variables[i]!.assign(tf.sub(variables[i]!, tf.div(tf.mul(m, alpha), tf.add(tf.sqrt(v), epsilon))));
    });
  };
}

/** Gradient descent; with momentum p: m = p m - rate g, w += m (Nesterov: w += p m - rate g). */
function sgd(
  config: OptimizerConfig & { name: 'sgd' },
  variables: readonly tf.Variable[],
  rate: tf.Variable,
  momentums: readonly tf.Variable[],
) {
  const { momentum = 0, nesterov = false } = config;
  return (gradients: readonly tf.Tensor[]): void => {
    gradients.forEach((gradient, i) => {
      const step = tf.mul(gradient, rate);
      if (!momentum) {
        variables[i]!.assign(tf.sub(variables[i]!, step));
        return;
      }
      const m = tf.sub(tf.mul(momentums[i]!, momentum), step);
      momentums[i]!.assign(m);
      variables[i]!.assign(tf.add(variables[i]!, nesterov ? tf.sub(tf.mul(m, momentum), step) : m));
    });
  };
}

// Optimizers with the update rules of Keras and PyTorch. What changes from step to step (learning rate, step count,
// moments, averages) is kept in tf.Variables, so that a compiled step has it as state and a checkpoint can hold it.

import * as tf from '@tensorflow/tfjs-core';
import { type OptimizerConfig, type OptimizerSettings, optimizerSchema } from './settings.ts';

export interface Optimizer {
  /** A scalar; assign it to change the rate between steps. */
  readonly learningRate: tf.Variable;
  /** What a checkpoint holds beside the learning rate, with names that do not depend on the process. */
  readonly slots: readonly Slot[];
  /** The moving averages of the variables, in their order; undefined without `ema`. */
  readonly averages: readonly tf.Variable[] | undefined;
  /** Updates the variables by their gradients, in the order that they were given in. */
  apply(gradients: readonly tf.Tensor[]): void;
  dispose(): void;
}

interface Slot {
  readonly name: string;
  readonly variable: tf.Variable;
}

export interface OptimizerExtras {
  /** What the learning rate of each variable is multiplied by. Default: 1. */
  readonly rates?: readonly number[] | undefined;
  /** What the gradient of each variable is multiplied by, but not its weight decay. Default: 1. */
  readonly gradientRates?: readonly number[] | undefined;
  /** Scalars, 1 or 0, for variables that may stop training: at 0 a step leaves the variable as it is. Default: none. */
  readonly masks?: readonly (tf.Variable | undefined)[] | undefined;
  /** Decay d of a moving average of the variables, from their first values on: a = d a + (1 - d) w after each step. */
  readonly ema?: number | null | undefined;
  /** The largest norm of all gradients as one vector. Default: no limit. */
  readonly clipNorm?: number | null | undefined;
}

/** What an update rule works on. */
interface Context {
  readonly variables: readonly tf.Variable[];
  readonly learningRate: tf.Variable;
  /** A value of the whole step (a learning rate), times the multiplier of variable `i`. */
  scaled(value: tf.Tensor, i: number): tf.Tensor;
  /** Gives variable `i` its next value. */
  write(i: number, next: tf.Tensor): void;
  /** A slot that starts at zero. */
  zero(name: string): tf.Variable;
  /** Slots that start at zero, one like each variable. */
  zeros(name: string): tf.Variable[];
}

type Update = (gradients: readonly tf.Tensor[]) => void;
type Settings<Name> = OptimizerSettings & { name: Name };

/** An optimizer for these variables. */
export function createOptimizer(
  config: OptimizerConfig,
  variables: readonly tf.Variable[],
  { rates, gradientRates, masks, ema, clipNorm }: OptimizerExtras = {},
): Optimizer {
  const settings = optimizerSchema.parse(config);
  const learningRate = variableOf(tf.scalar(settings.learningRate));
  const slots: Slot[] = [];
  const slot = (name: string, first: tf.Tensor) => {
    const variable = variableOf(first);
    slots.push({ name, variable });
    return variable;
  };
  const context: Context = {
    variables,
    learningRate,
    scaled: (value, i) => (rates === undefined || rates[i] === 1 ? value : tf.mul(value, rates[i]!)),
    write: (i, next) => {
      const [variable, mask] = [variables[i]!, masks?.[i]];
      const written = mask ? tf.add(tf.mul(mask, next), tf.mul(tf.sub(1, mask), variable)) : next;
      variable.assign(written);
    },
    zero: (name) => slot(name, tf.scalar(0)),
    zeros: (name) => variables.map((v, i) => slot(`${name}/${i}`, tf.zeros(v.shape))),
  };
  const update = updateOf(settings, context);
  const averages = ema == null ? undefined : variables.map((v, i) => slot(`average/${i}`, copyOf(v)));
  return {
    learningRate,
    slots,
    averages,
    apply: (gradients) =>
      tf.tidy(() => {
        const wanted = clipNorm == null ? gradients : clipped(gradients, clipNorm);
        update(wanted.map((g, i) => ((gradientRates?.[i] ?? 1) === 1 ? g : tf.mul(g, gradientRates![i]!))));
        averages?.forEach((average, i) => {
          average.assign(tf.add(average, tf.mul(tf.sub(variables[i]!, average), 1 - ema!)));
        });
      }),
    dispose: () => {
      learningRate.dispose();
      for (const { variable } of slots) variable.dispose();
    },
  };
}

/** A tensor with data of its own: a clone would share the variable's, and a traced step take both for one. */
const copyOf = (variable: tf.Variable): tf.Tensor => tf.tensor(variable.dataSync(), variable.shape);

const variableOf = (tensor: tf.Tensor): tf.Variable => {
  const variable = tf.variable(tensor, false);
  tensor.dispose();
  return variable;
};

/** Gradients g scaled by n / max(n, |g|), with the norm over all of them. Source: Pascanu, Mikolov and Bengio (2013). */
function clipped(gradients: readonly tf.Tensor[], norm: number): tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const scale = tf.div(norm, tf.maximum(norm, tf.sqrt(tf.addN(squares))));
  return gradients.map((gradient) => tf.mul(gradient, scale));
}

function updateOf(settings: OptimizerSettings, context: Context): Update {
  switch (settings.name) {
    case 'adam':
      return adam(settings, context);
    case 'adamw':
      return adamw(settings, context);
    case 'sgd':
      return sgd(settings, context);
  }
}

/** The step count t, and per variable the moving means of gradients and of their squares after this step. */
function moments({ beta1, beta2 }: Settings<'adam' | 'adamw'>, { zero, zeros }: Context) {
  const [iterations, momentums, velocities] = [zero('iterations'), zeros('momentum'), zeros('velocity')];
  return {
    next(): tf.Tensor {
      const t = tf.add(iterations, 1);
      iterations.assign(t);
      return t;
    },
    of(gradient: tf.Tensor, i: number): [m: tf.Tensor, v: tf.Tensor] {
      const m = tf.add(momentums[i]!, tf.mul(tf.sub(gradient, momentums[i]!), 1 - beta1));
      const v = tf.add(velocities[i]!, tf.mul(tf.sub(tf.square(gradient), velocities[i]!), 1 - beta2));
      momentums[i]!.assign(m);
      velocities[i]!.assign(v);
      return [m, v];
    },
  };
}

/** Kingma and Ba, with Keras' place for epsilon: w -= a m / (sqrt(v) + e), a = rate sqrt(1 - b2^t) / (1 - b1^t). */
function adam(settings: Settings<'adam'>, context: Context): Update {
  const { beta1, beta2, epsilon } = settings;
  const { variables, learningRate, scaled, write } = context;
  const { next, of } = moments(settings, context);
  return (gradients) => {
    const t = next();
    const alpha = tf.div(
      tf.mul(learningRate, tf.sqrt(tf.sub(1, tf.pow(beta2, t)))),
      tf.sub(1, tf.pow(beta1, t)),
    );
    gradients.forEach((gradient, i) => {
      const [m, v] = of(gradient, i);
      const step = tf.div(tf.mul(m, scaled(alpha, i)), tf.add(tf.sqrt(v), epsilon));
      write(i, tf.sub(variables[i]!, step));
    });
  };
}

/**
 * Adam with decoupled weight decay, as in PyTorch: w -= rate d w, then w -= rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + e).
 * Biases and the scales and offsets of normalizations, which have one axis, do not decay. Source: Loshchilov and Hutter,
 * Decoupled Weight Decay Regularization (2017).
 */
function adamw(settings: Settings<'adamw'>, context: Context): Update {
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const { variables, learningRate, scaled, write } = context;
  const { next, of } = moments(settings, context);
  return (gradients) => {
    const t = next();
    const alpha = tf.div(learningRate, tf.sub(1, tf.pow(beta1, t)));
    const correction = tf.sqrt(tf.sub(1, tf.pow(beta2, t)));
    const kept = (i: number) => tf.sub(1, tf.mul(scaled(learningRate, i), weightDecay));
    gradients.forEach((gradient, i) => {
      const variable = variables[i]!;
      const [m, v] = of(gradient, i);
      const decayed = variable.rank > 1 && weightDecay > 0 ? tf.mul(variable, kept(i)) : variable;
      const step = tf.div(tf.mul(m, scaled(alpha, i)), tf.add(tf.div(tf.sqrt(v), correction), epsilon));
      write(i, tf.sub(decayed, step));
    });
  };
}

/**
 * Gradient descent; with momentum p: m = p m - rate g, w += m (Nesterov: w += p m - rate g), as in Keras. Weight decay d
 * adds d w to the gradients g, biases' too, as in PyTorch.
 */
function sgd({ momentum, nesterov, weightDecay }: Settings<'sgd'>, context: Context): Update {
  const { variables, learningRate, scaled, zeros, write } = context;
  const momentums = momentum > 0 ? zeros('momentum') : [];
  return (gradients) => {
    gradients.forEach((gradient, i) => {
      const decayed = weightDecay > 0 ? tf.add(gradient, tf.mul(variables[i]!, weightDecay)) : gradient;
      const step = tf.mul(decayed, scaled(learningRate, i));
      if (momentum === 0) {
        write(i, tf.sub(variables[i]!, step));
        return;
      }
      const m = tf.sub(tf.mul(momentums[i]!, momentum), step);
      momentums[i]!.assign(m);
      write(i, tf.add(variables[i]!, nesterov ? tf.sub(tf.mul(m, momentum), step) : m));
    });
  };
}

/** Activations as Keras writes them (a name, or a layer in a layer) as TensorFlow.js has them. */
import { type ElementwiseKind, elementwise, isElementwise } from '../layers/elementwise.ts';

type Json = Record<string, unknown>;

/** By name in TensorFlow.js, or the layer `Elementwise` behind a linear one. */
export type ReadActivation =
  | { readonly name: string }
  | { readonly kind: ElementwiseKind; readonly options: Record<string, number | null> };

/** Keras' names of what TensorFlow.js computes alike. */
const SAME: Readonly<Record<string, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
  tanh: 'tanh',
  selu: 'selu',
  elu: 'elu',
  softplus: 'softplus',
  softsign: 'softsign',
  silu: 'swish',
  swish: 'swish',
  mish: 'mish',
  gelu: 'gelu',
};

/** Other names of one function. */
const ALIASES: Readonly<Record<string, ElementwiseKind>> = { hard_swish: 'hard_silu' };

/**
 * Read an activation.
 *
 * @param isKeras2 in files of Keras 2, `hard_sigmoid` is 0.2 x + 0.5, TensorFlow.js' own
 * @returns undefined where TensorFlow.js and Sightline have none like it
 */
export function readActivation(value: unknown, isKeras2: boolean): ReadActivation | undefined {
  if (value === null || value === undefined) return { name: 'linear' };
  if (typeof value === 'string') return named(value, isKeras2);
  const { class_name, config } = value as { class_name?: string; config?: unknown };
  // A function of Keras, by its name; an activation layer, by its class.
  if (typeof config === 'string') return named(config, isKeras2);
  return class_name === undefined ? undefined : activationLayer(class_name, (config ?? {}) as Json, isKeras2);
}

function named(name: string, isKeras2: boolean): ReadActivation | undefined {
  if (name === 'hard_sigmoid' && isKeras2) return { name: 'hardSigmoid' };
  const same = SAME[name];
  if (same !== undefined) return { name: same };
  const kind = ALIASES[name] ?? name;
  return isElementwise(kind) && name !== 'elu' ? { kind, options: {} } : undefined;
}

/** An activation that is a layer, `LeakyReLU` or `Softmax`; undefined where it is none, or none that is known. */
export function activationLayer(kind: string, config: Json, isKeras2: boolean): ReadActivation | undefined {
  const number = (field: string): number | null => (config[field] as number | null | undefined) ?? null;
  switch (kind) {
    case 'Activation':
      return readActivation(config.activation, isKeras2);
    case 'ReLU': {
      const options = {
        max_value: number('max_value'),
        negative_slope: number('negative_slope') ?? 0,
        threshold: number('threshold') ?? 0,
      };
      if (options.negative_slope === 0 && options.threshold === 0) {
        if (options.max_value === null) return { name: 'relu' };
        if (options.max_value === 6) return { name: 'relu6' };
      }
      return { kind: 'relu', options };
    }
    case 'LeakyReLU':
      // Keras 2 calls the slope alpha, 0.3 by default, as Keras 3 has it in its layer.
      return {
        kind: 'leaky_relu',
        options: { negative_slope: number('negative_slope') ?? number('alpha') ?? 0.3 },
      };
    case 'ELU': {
      const alpha = number('alpha') ?? 1;
      return alpha === 1 ? { name: 'elu' } : { kind: 'elu', options: { alpha } };
    }
    case 'Softmax':
      return isLast(config.axis) ? { name: 'softmax' } : undefined;
    default:
      return undefined;
  }
}

const isLast = (axis: unknown): boolean => axis === undefined || axis === null || axis === -1;

/** An `Elementwise` layer as Keras 3 writes it: a layer of its own, or `Activation` by name where it has no options. */
export function writeElementwise(
  kind: ElementwiseKind,
  options: Json,
): { class_name: string; config: Json } | undefined {
  const { layer, options: defaults } = elementwise(kind);
  if (layer !== undefined) return { class_name: layer, config: options };
  const isPlain = Object.entries(options).every(([name, value]) => value === defaults[name]);
  return isPlain ? { class_name: 'Activation', config: { activation: kind } } : undefined;
}

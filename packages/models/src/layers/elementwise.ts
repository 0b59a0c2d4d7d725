/**
 * Activations of Keras 3 that TensorFlow.js lacks or computes otherwise, as one layer with a table: how TensorFlow.js
 * computes each, how ONNX does, and what Keras calls it. Formulas: keras.io/api/layers/activations.
 */
import { SightlineError } from '@sightline/core';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

type Options = Readonly<Record<string, number>>;

interface Activation {
  /** Options with Keras' defaults. */
  readonly options: Options;
  readonly apply: (x: tf.Tensor, options: Options) => tf.Tensor;
  readonly lower: (g: GraphBuilder, x: Value, options: Options) => Value;
  /** Keras' layer of the same function; others go into `Activation` by name. */
  readonly layer?: string;
}

const NO_OPTIONS: Options = {};

export const ELEMENTWISE = {
  relu: {
    options: { max_value: Number.POSITIVE_INFINITY, negative_slope: 0, threshold: 0 },
    // x where it is at least the threshold, at most max_value; below, the slope times the distance.
    apply: (x, { max_value, negative_slope, threshold }) => {
      const above = tf.where(tf.greaterEqual(x, threshold!), tf.minimum(x, max_value!), tf.zerosLike(x));
      return tf.add(above, tf.mul(tf.minimum(tf.sub(x, threshold!), 0), negative_slope!));
    },
    lower: (g, x, { max_value, negative_slope, threshold }) => {
      const isAbove = op.cast(g, op.greaterOrEqual(g, x, g.float(threshold!)), 'float32');
      const most = Number.isFinite(max_value) ? op.min(g, x, g.float(max_value!)) : x;
      const below = op.min(g, op.sub(g, x, g.float(threshold!)), g.float(0));
      return op.add(g, op.mul(g, most, isAbove), op.mul(g, below, g.float(negative_slope!)));
    },
    layer: 'ReLU',
  },
  leaky_relu: {
    options: { negative_slope: 0.2 },
    apply: (x, { negative_slope }) => tf.leakyRelu(x, negative_slope),
    lower: (g, x, { negative_slope }) => op.leakyRelu(g, x, negative_slope!),
    layer: 'LeakyReLU',
  },
  elu: {
    options: { alpha: 1 },
    apply: (x, { alpha }) => tf.where(tf.greater(x, 0), x, tf.mul(tf.expm1(tf.minimum(x, 0)), alpha!)),
    lower: (g, x, { alpha }) => op.elu(g, x, alpha!),
    layer: 'ELU',
  },
  celu: {
    options: { alpha: 1 },
    apply: (x, { alpha }) => tf.add(tf.relu(x), tf.mul(tf.expm1(tf.div(tf.minimum(x, 0), alpha!)), alpha!)),
    lower: (g, x, { alpha }) => {
      const grown = op.exp(g, op.div(g, op.min(g, x, g.float(0)), g.float(alpha!)));
      return op.add(g, op.relu(g, x), op.mul(g, op.sub(g, grown, g.float(1)), g.float(alpha!)));
    },
  },
  hard_sigmoid: {
    options: NO_OPTIONS,
    apply: (x) => hardSigmoid(x),
    lower: (g, x) => op.hardSigmoid(g, x, 1 / 6, 0.5),
  },
  hard_silu: {
    options: NO_OPTIONS,
    apply: (x) => tf.mul(x, hardSigmoid(x)),
    lower: (g, x) => op.mul(g, x, op.hardSigmoid(g, x, 1 / 6, 0.5)),
  },
  hard_tanh: {
    options: NO_OPTIONS,
    apply: (x) => tf.clipByValue(x, -1, 1),
    lower: (g, x) => op.clip(g, x, g.float(-1), g.float(1)),
  },
  exponential: { options: NO_OPTIONS, apply: (x) => tf.exp(x), lower: (g, x) => op.exp(g, x) },
  log_sigmoid: {
    options: NO_OPTIONS,
    apply: (x) => tf.logSigmoid(x),
    lower: (g, x) => op.neg(g, op.softplus(g, op.neg(g, x))),
  },
  tanh_shrink: {
    options: NO_OPTIONS,
    apply: (x) => tf.sub(x, tf.tanh(x)),
    lower: (g, x) => op.sub(g, x, op.tanh(g, x)),
  },
  squareplus: {
    options: { b: 4 },
    apply: (x, { b }) => tf.div(tf.add(x, tf.sqrt(tf.add(tf.square(x), b!))), 2),
    lower: (g, x, { b }) => {
      const root = op.sqrt(g, op.add(g, op.mul(g, x, x), g.float(b!)));
      return op.mul(g, op.add(g, x, root), g.float(0.5));
    },
  },
} as const satisfies Record<string, Activation>;

export type ElementwiseKind = keyof typeof ELEMENTWISE;

const hardSigmoid = (x: tf.Tensor): tf.Tensor => tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1);

export const isElementwise = (kind: string): kind is ElementwiseKind => Object.hasOwn(ELEMENTWISE, kind);

export const elementwise = (kind: ElementwiseKind): Activation => ELEMENTWISE[kind];

interface ElementwiseArgs {
  kind: ElementwiseKind;
  options?: Record<string, number | null>;
}

type LayerArgs = ConstructorParameters<typeof tfl.layers.Layer>[0];

/** The layer behind the table. JSON has no infinity: an unbounded `max_value` is null in its configuration. */
export class Elementwise extends tfl.layers.Layer {
  /** @nocollapse */
  static className = 'Elementwise';
  readonly kind: ElementwiseKind;
  readonly options: Options;

  constructor(args: ElementwiseArgs & LayerArgs) {
    super(args);
    if (!isElementwise(args.kind)) {
      throw new SightlineError('unsupported-layer', `There is no activation ${String(args.kind)}.`);
    }
    this.kind = args.kind;
    const defaults = elementwise(args.kind).options;
    const given = Object.entries(args.options ?? {}).filter(([, value]) => typeof value === 'number');
    this.options = { ...defaults, ...(Object.fromEntries(given) as Options) };
    this.supportsMasking = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => elementwise(this.kind).apply(x, this.options));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const options = Object.entries(this.options).map(([name, value]) => [
      name,
      Number.isFinite(value) ? value : null,
    ]);
    return { ...super.getConfig(), kind: this.kind, options: Object.fromEntries(options) };
  }
}

tf.serialization.registerClass(Elementwise);

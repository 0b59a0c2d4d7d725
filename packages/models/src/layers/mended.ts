/**
 * Layers of TensorFlow.js 4.22 that forget or ignore some of their options, mended in place: networks are rebuilt from
 * their configuration (to seed, save and load them), so that what it does not hold would be lost in silence. The test
 * beside this file rebuilds every layer with options at other values than their defaults.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

interface Convolution {
  readonly kernelSize: readonly [number, number];
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilationRate: number | [number, number];
  readonly depthMultiplier: number;
  readonly depthwiseKernel: tfl.LayerVariable;
  readonly depthwiseConstraint: tf.serialization.Serializable | null;
  readonly bias: tfl.LayerVariable | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
}

interface Methods {
  getConfig(this: Convolution): tf.serialization.ConfigDict;
  call(this: Convolution, inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[];
  computeOutputShape(this: Convolution, inputShape: tfl.Shape): tfl.Shape;
}

const prototypeOf = (layer: tfl.layers.Layer): Methods => Object.getPrototypeOf(layer) as Methods;

const separable = prototypeOf(tfl.layers.separableConv2d({ filters: 1, kernelSize: 1 }));
const separableBase = Object.getPrototypeOf(separable) as Methods;
const depthwise = prototypeOf(tfl.layers.depthwiseConv2d({ kernelSize: 1 }));

const original = {
  separableConfig: separableBase.getConfig,
  depthwiseConfig: depthwise.getConfig,
  depthwiseCall: depthwise.call,
  depthwiseShape: depthwise.computeOutputShape,
};

// It leaves the multiplier out.
separableBase.getConfig = function () {
  return { ...original.separableConfig.call(this), depthMultiplier: this.depthMultiplier };
};

// It writes its regularizer for its constraint.
depthwise.getConfig = function () {
  const { depthwiseConstraint: constraint } = this;
  const written = constraint && { className: constraint.getClassName(), config: constraint.getConfig() };
  return { ...original.depthwiseConfig.call(this), depthwiseConstraint: written };
};

const pairOf = (value: number | readonly number[] | null): [number, number] =>
  Array.isArray(value)
    ? [value[0]!, value[1] ?? value[0]!]
    : [(value as number) ?? 1, (value as number) ?? 1];

const isDilated = ({ dilationRate }: Convolution): boolean => pairOf(dilationRate).some((d) => d !== 1);

// It takes a dilation rate and does without.
depthwise.call = function (inputs, kwargs) {
  if (!isDilated(this)) return original.depthwiseCall.call(this, inputs, kwargs);
  return tf.tidy(() => {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
    const { depthwiseKernel, strides, padding, bias, activation } = this;
    const kernel = depthwiseKernel.read() as tf.Tensor4D;
    let y: tf.Tensor = tf.depthwiseConv2d(x, kernel, strides, padding, 'NHWC', pairOf(this.dilationRate));
    if (bias) y = tf.add(y, bias.read());
    return activation ? activation.apply(y) : y;
  });
};

depthwise.computeOutputShape = function (inputShape) {
  if (!isDilated(this)) return original.depthwiseShape.call(this, inputShape);
  const [batch, ...sizes] = inputShape as [number | null, number | null, number | null, number];
  const dilations = pairOf(this.dilationRate);
  const out = [0, 1].map((i) => {
    const size = sizes[i];
    if (size == null) return null;
    const extent = this.padding === 'same' ? 1 : (this.kernelSize[i]! - 1) * dilations[i]! + 1;
    return Math.ceil((size - extent + 1) / this.strides[i]!);
  });
  return [batch, ...out, sizes[2]! * this.depthMultiplier] as tfl.Shape;
};

interface Normalization {
  readonly axis: number;
  readonly scale: boolean;
  readonly center: boolean;
  gamma: Pick<tfl.LayerVariable, 'read'> | undefined;
  beta: Pick<tfl.LayerVariable, 'read'> | undefined;
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[];
}

const normalization = prototypeOf(tfl.layers.batchNormalization()) as unknown as Normalization;
const { call: normalize } = normalization;

// Without a scale or an offset it cannot be trained.
normalization.call = function (this: Normalization, inputs, kwargs) {
  if (this.scale && this.center) return normalize.call(this, inputs, kwargs);
  const { gamma, beta } = this;
  const { shape } = Array.isArray(inputs) ? inputs[0]! : inputs;
  const channels = shape.at(this.axis)!;
  this.gamma ??= { read: () => tf.ones([channels]) };
  this.beta ??= { read: () => tf.zeros([channels]) };
  try {
    return normalize.call(this, inputs, kwargs);
  } finally {
    this.gamma = gamma;
    this.beta = beta;
  }
};

// The orthogonal initializer, the default of recurrent layers, calls methods of tensors that tfjs-core alone does not
// register.
const methods: Readonly<Record<string, (this: tf.Tensor, ...args: never[]) => tf.Tensor>> = {
  flatten() {
    return tf.reshape(this, [this.size]);
  },
  reshape(shape: number[]) {
    return tf.reshape(this, shape);
  },
  sign() {
    return tf.sign(this);
  },
  stridedSlice(begin: number[], end: number[], strides: number[]) {
    return tf.stridedSlice(this, begin, end, strides);
  },
  transpose(permutation?: number[]) {
    return tf.transpose(this, permutation);
  },
};
const registered = tf.Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, method] of Object.entries(methods)) registered[name] ??= method;

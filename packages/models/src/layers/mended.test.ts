// Every layer of TensorFlow.js, with options at other values than their defaults, is the same layer when its network is
// rebuilt from its configuration: options, weights' shapes, outputs and regularization.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import './mended.ts';

beforeAll(() => tf.setBackend('cpu'));

const { layers, initializers, regularizers, constraints } = tfl;
const value = (v: number) => initializers.constant({ value: v });
const l1 = regularizers.l1l2({ l1: 0.1, l2: 0.2 });
const kernel = {
  kernelInitializer: value(0.3),
  kernelRegularizer: l1,
  kernelConstraint: constraints.nonNeg(),
};
const bias = {
  biasInitializer: value(0.2),
  biasRegularizer: regularizers.l2({ l2: 0.3 }),
  biasConstraint: constraints.maxNorm({ maxValue: 1 }),
};
const conv = { ...kernel, ...bias, strides: 2, padding: 'same', activation: 'tanh' } as const;
const pool = { strides: 1, padding: 'same' } as const;
const depth = {
  depthMultiplier: 2,
  depthwiseInitializer: value(0.3),
  depthwiseRegularizer: l1,
  depthwiseConstraint: constraints.nonNeg(),
};

const [vector, series, image, volume] = [[4], [6, 3], [9, 9, 3], [6, 6, 6, 2]];
const inputOf = (inputShape: number[]) => ({ inputShape, name: 'layer' });

const CASES: Record<string, tfl.layers.Layer> = {
  conv1d: layers.conv1d({ ...inputOf(series), ...conv, filters: 2, kernelSize: 3 }),
  'conv1d, dilated': layers.conv1d({
    ...inputOf(series),
    filters: 2,
    kernelSize: 2,
    dilationRate: 2,
    useBias: false,
  }),
  conv2d: layers.conv2d({ ...inputOf(image), ...conv, filters: 2, kernelSize: [3, 2] }),
  'conv2d, dilated': layers.conv2d({
    ...inputOf(image),
    filters: 2,
    kernelSize: 2,
    dilationRate: 2,
    useBias: false,
  }),
  conv2dTranspose: layers.conv2dTranspose({ ...inputOf(image), ...conv, filters: 2, kernelSize: 3 }),
  conv3d: layers.conv3d({ ...inputOf(volume), ...conv, filters: 2, kernelSize: 2 }),
  separableConv2d: layers.separableConv2d({
    ...inputOf(image),
    ...depth,
    strides: 2,
    padding: 'same',
    activation: 'tanh',
    filters: 4,
    kernelSize: 3,
    pointwiseInitializer: value(0.2),
    pointwiseRegularizer: regularizers.l2({ l2: 0.3 }),
    pointwiseConstraint: constraints.maxNorm({ maxValue: 2 }),
  }),
  'separableConv2d, dilated': layers.separableConv2d({
    ...inputOf(image),
    filters: 2,
    kernelSize: 2,
    dilationRate: 2,
  }),
  depthwiseConv2d: layers.depthwiseConv2d({
    ...inputOf(image),
    ...depth,
    strides: 2,
    padding: 'same',
    activation: 'tanh',
    kernelSize: 3,
    biasInitializer: value(0.2),
  }),
  'depthwiseConv2d, dilated': layers.depthwiseConv2d({ ...inputOf(image), kernelSize: 3, dilationRate: 2 }),
  cropping2D: layers.cropping2D({
    ...inputOf(image),
    cropping: [
      [1, 2],
      [0, 1],
    ],
  } as never),
  upSampling2d: layers.upSampling2d({ ...inputOf(image), size: [2, 3], interpolation: 'bilinear' }),
  zeroPadding2d: layers.zeroPadding2d({
    ...inputOf(image),
    padding: [
      [1, 2],
      [0, 1],
    ],
  }),
  dense: layers.dense({ ...inputOf(vector), ...kernel, ...bias, units: 3, activation: 'tanh' }),
  'dense, no bias': layers.dense({ ...inputOf(vector), units: 3, useBias: false }),
  activation: layers.activation({ ...inputOf(vector), activation: 'swish' }),
  permute: layers.permute({ ...inputOf(series), dims: [2, 1] }),
  repeatVector: layers.repeatVector({ ...inputOf(vector), n: 3 }),
  reshape: layers.reshape({ ...inputOf(vector), targetShape: [2, 2] }),
  batchNormalization: layers.batchNormalization({
    ...inputOf(image),
    axis: 1,
    momentum: 0.5,
    epsilon: 0.1,
    scale: false,
    betaInitializer: value(0.2),
    movingMeanInitializer: value(0.1),
    movingVarianceInitializer: value(0.4),
    betaRegularizer: l1,
    betaConstraint: constraints.nonNeg(),
  }),
  'batchNormalization, no center': layers.batchNormalization({
    ...inputOf(image),
    center: false,
    gammaInitializer: value(0.3),
    gammaRegularizer: l1,
    gammaConstraint: constraints.nonNeg(),
  }),
  layerNormalization: layers.layerNormalization({
    ...inputOf(image),
    axis: [2, 3],
    epsilon: 0.1,
    betaRegularizer: l1,
  }),
  maxPooling1d: layers.maxPooling1d({ ...inputOf(series), ...pool, poolSize: 3 }),
  averagePooling1d: layers.averagePooling1d({ ...inputOf(series), ...pool, poolSize: 3 }),
  maxPooling2d: layers.maxPooling2d({
    ...inputOf(image),
    padding: 'same',
    poolSize: [3, 2],
    strides: [1, 2],
  }),
  averagePooling2d: layers.averagePooling2d({
    ...inputOf(image),
    padding: 'same',
    poolSize: [3, 2],
    strides: [1, 2],
  }),
  simpleRNN: layers.simpleRNN({
    ...inputOf(series),
    ...kernel,
    units: 2,
    activation: 'relu',
    useBias: false,
    goBackwards: true,
  }),
  gru: layers.gru({
    ...inputOf(series),
    units: 2,
    recurrentActivation: 'sigmoid',
    returnSequences: true,
    goBackwards: true,
  }),
  lstm: layers.lstm({
    ...inputOf(series),
    units: 2,
    activation: 'relu',
    unitForgetBias: false,
    returnSequences: true,
  }),
  masking: layers.masking({ ...inputOf(series), maskValue: 0.5 }),
  leakyReLU: layers.leakyReLU({ ...inputOf(vector), alpha: 0.2 }),
  prelu: layers.prelu({
    ...inputOf(image),
    sharedAxes: [1, 2],
    alphaInitializer: value(0.2),
    alphaRegularizer: l1,
  }),
  thresholdedReLU: layers.thresholdedReLU({ ...inputOf(vector), theta: 0.4 }),
  reLU: layers.reLU({ ...inputOf(vector), maxValue: 0.5 }),
};

test.each(Object.keys(CASES))('%s is the same when it is rebuilt', async (name) => {
  const layer = CASES[name]!;
  const network = tfl.sequential({ layers: [layer] });
  const shapes = (model: tfl.LayersModel) => model.weights.map(({ shape }) => shape);
  const rebuilt = await tfl.models.modelFromJSON(network.toJSON(null, false) as never);

  const config = (model: tfl.LayersModel) => JSON.stringify(model.layers[0]!.getConfig());
  // A network that was rebuilt has null for what was undefined.
  const again = await tfl.models.modelFromJSON(rebuilt.toJSON(null, false) as never);
  expect(config(again)).toBe(config(rebuilt));
  expect(JSON.parse(config(rebuilt))).toMatchObject(JSON.parse(config(network)));
  expect(shapes(rebuilt)).toEqual(shapes(network));
  // Drawn by their initializers, which must be the same: constants of the cases agree at once.
  const random = network
    .getWeights()
    .map((weight, i) => tf.randomUniform(weight.shape, 0.1, 1, 'float32', i + 1));
  network.setWeights(random);
  rebuilt.setWeights(random);
  const x = tf.randomNormal([2, ...(network.inputs[0]!.shape.slice(1) as number[])], 0, 1, 'float32', 5);
  const output = (model: tfl.LayersModel) => (model.predict(x) as tf.Tensor).arraySync();
  expect(output(rebuilt)).toEqual(output(network));
  const penalty = (model: tfl.LayersModel) => model.calculateLosses().map((loss) => loss.dataSync()[0]);
  expect(penalty(rebuilt)).toEqual(penalty(network));
  expect(output(network)).not.toEqual(
    output(
      tfl.sequential({
        layers: [layers.rescaling({ inputShape: network.inputs[0]!.shape.slice(1), scale: 0 })],
      }),
    ),
  );
});

test('the orthogonal initializer draws an orthogonal kernel', () => {
  const layer = layers.dense({
    inputShape: [5],
    units: 3,
    kernelInitializer: initializers.orthogonal({ seed: 1 }),
  });
  const [kernel] = tfl.sequential({ layers: [layer] }).getWeights();
  const square = kernel as tf.Tensor2D;
  const off = tf.max(tf.abs(tf.sub(tf.matMul(square, square, true), tf.eye(3)))).dataSync()[0];
  // float32 after a QR decomposition of 5 x 3.
  expect(off).toBeLessThan(1e-5);
});

test('a depthwise convolution is dilated, in its shape and its numbers', () => {
  const x = tf.randomNormal<tf.Rank.R4>([1, 9, 8, 2], 0, 1, 'float32', 1);
  for (const [padding, dilationRate] of [
    ['valid', 2],
    ['same', [2, 3]],
    ['valid', [3, 1]],
  ] as const) {
    const layer = layers.depthwiseConv2d({
      inputShape: [9, 8, 2],
      kernelSize: 3,
      padding,
      dilationRate: dilationRate as number,
    });
    const network = tfl.sequential({ layers: [layer] });
    const kernel = network.getWeights()[0] as tf.Tensor4D;
    const rates = (Array.isArray(dilationRate) ? dilationRate : [dilationRate, dilationRate]) as [
      number,
      number,
    ];
    const expected = tf.depthwiseConv2d(x, kernel, 1, padding, 'NHWC', rates);
    const found = network.predict(x) as tf.Tensor;
    expect(found.arraySync()).toEqual(expected.arraySync());
    expect(network.outputs[0]!.shape.slice(1)).toEqual(expected.shape.slice(1));
  }
});

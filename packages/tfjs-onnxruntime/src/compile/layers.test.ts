// Every layer of tfjs-layers in a training step: compiled, its losses and weights equal those of the cpu backend.

import '@tensorflow/tfjs-backend-cpu';
// TensorFlow.js' recurrent layers call methods of tensors that tfjs-core alone does not have.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { numbers } from '../testing/numbers.ts';

const { layers } = tfl;
type Layer = tfl.layers.Layer;
type Symbolic = tfl.SymbolicTensor;

const [VECTOR, SEQUENCE, IMAGE, VOLUME, FILM] = [[6], [5, 4], [8, 6, 3], [5, 4, 6, 2], [3, 6, 6, 2]];
const orthogonal = { recurrentInitializer: 'glorotUniform' } as const;

/** Layers of one input, by the shape of what they take. */
const SINGLE: readonly (readonly [number[], Record<string, () => Layer>])[] = [
  [
    VECTOR,
    {
      dense: () => layers.dense({ units: 4, kernelRegularizer: 'l1l2' }),
      ...Object.fromEntries(
        (['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus'] as const)
          .concat(['softsign', 'tanh', 'swish', 'mish', 'gelu', 'gelu_new'] as never)
          .map((activation) => [`activation ${activation}`, () => layers.activation({ activation })]),
      ),
      leakyReLU: () => layers.leakyReLU({ alpha: 0.2 }),
      prelu: () => layers.prelu({ alphaInitializer: tfl.initializers.constant({ value: 0.3 }) }),
      elu: () => layers.elu({ alpha: 1 }),
      thresholdedReLU: () => layers.thresholdedReLU({ theta: 0.1 }),
      softmax: () => layers.softmax({}),
      batchNormalization: () => layers.batchNormalization({}),
      layerNormalization: () => layers.layerNormalization({}),
      repeatVector: () => layers.repeatVector({ n: 3 }),
      reshape: () => layers.reshape({ targetShape: [2, 3] }),
      rescaling: () => layers.rescaling({ scale: 0.5, offset: 1 }),
      masking: () => layers.masking({ maskValue: 0 }),
    },
  ],
  [
    SEQUENCE,
    {
      conv1d: () => layers.conv1d({ filters: 3, kernelSize: 3, activation: 'relu' }),
      maxPooling1d: () => layers.maxPooling1d({ poolSize: 2 }),
      averagePooling1d: () => layers.averagePooling1d({ poolSize: 2, strides: 1 }),
      globalMaxPooling1d: () => layers.globalMaxPooling1d({}),
      globalAveragePooling1d: () => layers.globalAveragePooling1d({}),
      permute: () => layers.permute({ dims: [2, 1] }),
      simpleRNN: () => layers.simpleRNN({ units: 3, ...orthogonal }),
      gru: () => layers.gru({ units: 3, returnSequences: true, ...orthogonal }),
      lstm: () => layers.lstm({ units: 3, ...orthogonal }),
      bidirectional: () =>
        layers.bidirectional({
          layer: layers.lstm({ units: 2, ...orthogonal }) as never,
          mergeMode: 'concat',
        }),
      timeDistributed: () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
    },
  ],
  [
    IMAGE,
    {
      conv2d: () => layers.conv2d({ filters: 4, kernelSize: [3, 2], padding: 'same', activation: 'relu' }),
      conv2dTranspose: () => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 }),
      separableConv2d: () => layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2 }),
      depthwiseConv2d: () => layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 2 }),
      cropping2D: () =>
        layers.cropping2D({
          cropping: [
            [1, 0],
            [2, 1],
          ],
        }),
      zeroPadding2d: () =>
        layers.zeroPadding2d({
          padding: [
            [1, 0],
            [2, 1],
          ],
        }),
      upSampling2d: () => layers.upSampling2d({ size: [2, 3] }),
      'upSampling2d, bilinear': () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      maxPooling2d: () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      averagePooling2d: () => layers.averagePooling2d({ poolSize: 2, strides: 1 }),
      globalMaxPooling2d: () => layers.globalMaxPooling2d({}),
      globalAveragePooling2d: () => layers.globalAveragePooling2d({}),
      'batchNormalization of images': () => layers.batchNormalization({ momentum: 0.8 }),
      'layerNormalization of images': () => layers.layerNormalization({ axis: [-1] }),
      flatten: () => layers.flatten({ dataFormat: 'channelsFirst' }),
      centerCrop: () => layers.centerCrop({ height: 4, width: 3 }),
    },
  ],
  [
    VOLUME,
    {
      conv3d: () => layers.conv3d({ filters: 2, kernelSize: 2, strides: [1, 2, 2] }),
      maxPooling3d: () => layers.maxPooling3d({ poolSize: [2, 2, 2] }),
      averagePooling3d: () => layers.averagePooling3d({ poolSize: [2, 2, 2] }),
    },
  ],
  [
    FILM,
    { convLstm2d: () => layers.convLstm2d({ filters: 2, kernelSize: 3, ...orthogonal }) as unknown as Layer },
  ],
];

/** Layers through which TensorFlow.js has no gradient, or its cpu backend a wrong one: nothing trains before them. */
const FIRST = new Set(['masking', 'thresholdedReLU', 'upSampling2d', 'upSampling2d, bilinear', 'centerCrop']);

/** Layers that join what two dense layers give. */
const JOINING: Record<string, () => Layer> = {
  add: () => layers.add(),
  average: () => layers.average(),
  concatenate: () => layers.concatenate(),
  dot: () => layers.dot({ axes: 1, normalize: true }),
  maximum: () => layers.maximum(),
  minimum: () => layers.minimum(),
  multiply: () => layers.multiply(),
};

type Network = () => { model: tfl.LayersModel; shape: number[]; integers?: number };

const of = (layer: Layer, x: Symbolic | Symbolic[]): Symbolic => layer.apply(x) as Symbolic;

/** Behind the layer all is flattened and made one number; before it, something is trained that it passes a gradient to. */
function ending(input: Symbolic, y: Symbolic): tfl.LayersModel {
  const flat = y.shape.length > 2 ? of(layers.flatten(), y) : y;
  return tfl.model({ inputs: input, outputs: of(layers.dense({ units: 1, activation: 'sigmoid' }), flat) });
}

const NETWORKS: Record<string, Network> = {
  ...Object.fromEntries(
    SINGLE.flatMap(([shape, made]) =>
      Object.entries(made).map(([name, make]): [string, Network] => [
        name,
        () => {
          const input = tfl.input({ shape: [...shape] });
          const before = FIRST.has(name) ? input : of(layers.dense({ units: shape.at(-1)! }), input);
          return { model: ending(input, of(make(), before)), shape };
        },
      ]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(JOINING).map(([name, make]): [string, Network] => [
      name,
      () => {
        const input = tfl.input({ shape: VECTOR });
        const sides = [layers.dense({ units: 4 }), layers.dense({ units: 4, activation: 'tanh' })];
        const joined = of(
          make(),
          sides.map((side) => of(side, input)),
        );
        return { model: ending(input, joined), shape: VECTOR };
      },
    ]),
  ),
  embedding: () => {
    const input = tfl.input({ shape: [5] });
    return {
      model: ending(input, of(layers.embedding({ inputDim: 7, outputDim: 3 }), input)),
      shape: [5],
      integers: 7,
    };
  },
  'embedding with a mask, before a recurrent layer': () => {
    const input = tfl.input({ shape: [5] });
    const embedded = of(layers.embedding({ inputDim: 7, outputDim: 3, maskZero: true }), input);
    return {
      model: ending(input, of(layers.gru({ units: 2, ...orthogonal }), embedded)),
      shape: [5],
      integers: 7,
    };
  },
};

const STEPS = 4;

async function train(backend: string, make: Network): Promise<number[]> {
  await tf.setBackend(backend);
  tf.disposeVariables();
  const { model, shape, integers } = make();
  for (const [i, weight] of model.weights.entries()) {
    const { shape: size } = weight.read();
    if (size.length > 1)
      weight.write(
        tf.tensor(
          numbers(tf.util.sizeFromShape(size), i + 1).map((v) => 0.6 * v),
          size,
        ),
      );
  }
  const optimizer = tf.train.momentum(0.1, 0.9);
  const plain = (x: tf.Tensor, y: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(() => {
      const loss = tf.losses.logLoss(y, model.apply(x, { training: true }) as tf.Tensor);
      return model.calculateLosses().reduce((sum, term) => tf.add(sum, term), loss) as tf.Scalar;
    });
    optimizer.applyGradients(grads as never);
    return value;
  };
  const step = backend === 'cpu' ? plain : compile(plain);
  const losses = Array.from({ length: STEPS }, (_, i) => {
    const values = numbers(3 * tf.util.sizeFromShape(shape), 50 + i);
    const x = integers ? values.map((v) => Math.floor((v + 1) * (integers / 2))) : values;
    return step(tf.tensor(x, [3, ...shape]), tf.tensor([[0], [1], [1]])).dataSync()[0]!;
  });
  return [...losses, ...model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))];
}

describe('a compiled training step equals the cpu backend’s with', () => {
  for (const [name, make] of Object.entries(NETWORKS)) {
    it(name, async () => {
      const expected = await train('cpu', make);
      const got = await train('onnxruntime', make);
      expect(got.length).toBe(expected.length);
      got.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!)));
      });
    });
  }
});

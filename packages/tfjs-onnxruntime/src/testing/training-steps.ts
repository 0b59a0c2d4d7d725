// Training steps of networks of every kind, to be run, or traced and lowered for an execution provider that is not here.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { planStep } from '../compile/plan.ts';
import type { AnyStep } from '../compile/trace.ts';
import { type LoweredProgram, lowerProgram } from '../graph/lower-program.ts';
import { rewrite } from '../graph/rewrite/index.ts';
import { numbers } from './numbers.ts';

const { layers } = tfl;

type Apply = (x: tfl.SymbolicTensor) => tfl.SymbolicTensor;

export interface Network {
  /** The shape of an image or of a vector. */
  readonly shape: readonly number[];
  readonly batch: number;
  readonly classes: number;
  /** Layers, made anew. */
  readonly body: () => Apply;
}

const of =
  (layer: tfl.layers.Layer): Apply =>
  (x) =>
    layer.apply(x) as tfl.SymbolicTensor;
const chain =
  (...parts: Apply[]): Apply =>
  (x) =>
    parts.reduce((y, part) => part(y), x);

const l2 = () => tfl.regularizers.l2({ l2: 0.001 });
const conv = (filters: number, kernelSize: number, options: object = {}) =>
  of(layers.conv2d({ filters, kernelSize, ...options }));
const norm = () => of(layers.batchNormalization());
const relu = () => of(layers.reLU());
const maxPool = (poolSize: number, options: object = {}) => of(layers.maxPooling2d({ poolSize, ...options }));
const same = { padding: 'same', useBias: false } as const;
const head = () => chain(of(layers.globalAveragePooling2d({})), of(layers.dropout({ rate: 0.3 })));

/** Two 3x3 convolutions whose sum with the input, through a 1x1 convolution, goes on. */
const residualBlock =
  (filters: number, strides: number): Apply =>
  (x) => {
    const long = chain(
      conv(filters, 3, { ...same, strides }),
      norm(),
      relu(),
      conv(filters, 3, same),
      norm(),
    );
    const short = chain(conv(filters, 1, { ...same, strides }), norm());
    return relu()(layers.add().apply([long(x), short(x)]) as tfl.SymbolicTensor);
  };

const separable = (filters: number, strides: number): Apply =>
  chain(
    of(layers.depthwiseConv2d({ kernelSize: 3, strides, ...same })),
    norm(),
    relu(),
    conv(filters, 1, { useBias: false }),
    norm(),
    relu(),
  );

export const NETWORKS: Readonly<Record<string, Network>> = {
  baseline: {
    shape: [64, 64, 3],
    batch: 128,
    classes: 2,
    body: () =>
      chain(
        conv(32, 5, { strides: 3, activation: 'relu', kernelRegularizer: l2() }),
        maxPool(2),
        conv(64, 3, { strides: 2, activation: 'relu', kernelRegularizer: l2() }),
        maxPool(2),
        of(layers.flatten()),
        of(layers.dense({ units: 128, kernelRegularizer: l2() })),
      ),
  },
  'dense backend': {
    shape: [2048],
    batch: 32,
    classes: 2,
    body: () => of(layers.dense({ units: 256, kernelRegularizer: l2() })),
  },
  residual: {
    shape: [64, 64, 3],
    batch: 64,
    classes: 2,
    body: () =>
      chain(
        conv(16, 3, { ...same, strides: 2 }),
        norm(),
        relu(),
        residualBlock(16, 1),
        residualBlock(32, 2),
        residualBlock(64, 2),
        head(),
      ),
  },
  'depthwise, ten classes': {
    shape: [64, 64, 3],
    batch: 64,
    classes: 10,
    body: () =>
      chain(
        conv(16, 3, { ...same, strides: 2 }),
        norm(),
        relu(),
        separable(32, 1),
        separable(64, 2),
        separable(128, 2),
        head(),
      ),
  },
  'the first blocks of VGG16, whose feature maps are large': {
    shape: [64, 64, 3],
    batch: 32,
    classes: 2,
    body: () =>
      chain(
        conv(64, 3, { padding: 'same', activation: 'relu' }),
        conv(64, 3, { padding: 'same', activation: 'relu' }),
        maxPool(2),
        conv(128, 3, { padding: 'same', activation: 'relu' }),
        maxPool(2),
        of(layers.flatten()),
      ),
  },
  'overlapping pools, dropout, noise, other activations': {
    shape: [20, 20, 3],
    batch: 8,
    classes: 4,
    body: () =>
      chain(
        conv(8, 3, { activation: 'elu', kernelRegularizer: tfl.regularizers.l1({ l1: 0.001 }) }),
        maxPool(3, { strides: 2, padding: 'same' }),
        of(layers.gaussianNoise({ stddev: 0.1 })),
        of(layers.averagePooling2d({ poolSize: 2, strides: 1 })),
        of(layers.upSampling2d({ size: [2, 2] })),
        of(layers.zeroPadding2d({ padding: [1, 1] })),
        of(layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, activation: 'selu' })),
        of(layers.leakyReLU()),
        of(layers.flatten()),
        of(layers.dense({ units: 6, activation: 'softplus' })),
        of(layers.layerNormalization()),
      ),
  },
};

const OPTIMIZERS: Readonly<Record<string, () => tf.Optimizer>> = {
  adam: () => tf.train.adam(0.01),
  momentum: () => tf.train.momentum(0.01, 0.9),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5, undefined, true),
};

/** Weights that are the same for each network that is made so, of the size that Glorot and Bengio give them. */
function setWeights(model: tfl.LayersModel): void {
  for (const [i, weight] of model.trainableWeights.entries()) {
    const { shape } = weight.read();
    const size = tf.util.sizeFromShape(shape);
    if (shape.length < 2) continue;
    const fanIn = size / shape.at(-1)!;
    weight.write(tf.mul(tf.tensor(numbers(size, i + 1), shape), Math.sqrt(3 / fanIn)));
  }
}

/** A network's training step, with the metrics that a training reports: loss and accuracy. */
export function trainingStep({ shape, classes, body }: Network, optimizer: tf.Optimizer): AnyStep {
  const input = tfl.input({ shape: [...shape] });
  const last =
    classes === 2
      ? layers.dense({ units: 1, activation: 'sigmoid' })
      : layers.dense({ units: classes, activation: 'softmax' });
  const model = tfl.model({ inputs: input, outputs: of(last)(body()(input)) });
  setWeights(model);
  return (x, y) => {
    let output: tf.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      output = tf.keep(model.apply(x!, { training: true }) as tf.Tensor);
      const loss =
        classes === 2
          ? tf.mean(tfl.metrics.binaryCrossentropy(y!, output))
          : tf.mean(tfl.metrics.categoricalCrossentropy(tf.oneHot(tf.cast(y!, 'int32'), classes), output));
      return model.calculateLosses().reduce((sum, term) => tf.add(sum, term), loss) as tf.Scalar;
    });
    optimizer.applyGradients(grads as never);
    const found = classes === 2 ? tf.greater(output!, 0.5) : tf.argMax(output!, -1);
    output!.dispose();
    return [value, tf.mean(tf.cast(tf.equal(tf.cast(found, 'float32'), y!), 'float32'))];
  };
}

/** The shape of the labels of n images. */
export const labelShape = ({ classes }: Network, n: number): number[] => (classes === 2 ? [n, 1] : [n]);

/** The training step of a network as its graph for each execution provider. The backend must be `onnxruntime`. */
export function lowerTrainingStep(
  name: keyof typeof NETWORKS,
  providers: readonly string[],
  optimizer: keyof typeof OPTIMIZERS = 'adam',
): LoweredProgram[] {
  const network = NETWORKS[name]!;
  const step = trainingStep(network, OPTIMIZERS[optimizer]!());
  // Makes variables and slots.
  tf.tidy(() => step(tf.zeros([1, ...network.shape]), tf.zeros(labelShape(network, 1))));
  const { batch, shape } = network;
  const plan = planStep(tf.backend() as unknown as OnnxRuntimeBackend, step, [
    { dtype: 'float32', shape: [batch, ...shape] },
    { dtype: 'float32', shape: labelShape(network, batch) },
  ]);
  const lowered = providers.map((provider) => lowerProgram(rewrite(plan.program), 'step', provider));
  tf.disposeVariables();
  return lowered;
}

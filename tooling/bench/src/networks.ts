// The networks of the training benchmark that no experiment has, equal to those of the Python peers.

import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { type LayerRow, loadNetwork, type Network, sequential } from '@sightline/models';
import * as tfl from '@tensorflow/tfjs-layers';

const vgg16Rows: readonly LayerRow[] = [
  ...[
    64,
    64,
    'pool',
    128,
    128,
    'pool',
    256,
    256,
    256,
    'pool',
    512,
    512,
    512,
    'pool',
    512,
    512,
    512,
    'pool',
  ].map(
    (entry): LayerRow =>
      typeof entry === 'number'
        ? { layer: 'conv', filters: entry, kernelSize: 3, padding: 'same', activation: 'relu' }
        : { layer: 'maxPool', size: 2 },
  ),
  { layer: 'flatten' },
];

/** 3x3 convolutions with batch norm: a stem of 32 filters, then residual blocks of 32, 64 and 128. */
const residual: Network = (inputShape) => {
  const apply = (layer: tfl.layers.Layer, ...inputs: tfl.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tfl.SymbolicTensor;
  const relu = (x: tfl.SymbolicTensor) => apply(tfl.layers.reLU(), x);
  const conv = (x: tfl.SymbolicTensor, filters: number, kernelSize: number, strides = 1) =>
    apply(
      tfl.layers.batchNormalization(),
      apply(
        tfl.layers.conv2d({
          filters,
          kernelSize,
          strides,
          padding: 'same',
          useBias: false,
          kernelInitializer: 'glorotUniform',
        }),
        x,
      ),
    );
  const block = (x: tfl.SymbolicTensor, filters: number, strides: number) => {
    const y = conv(relu(conv(x, filters, 3, strides)), filters, 3);
    const shortcut = strides === 1 ? x : conv(x, filters, 1, strides);
    return relu(apply(tfl.layers.add(), shortcut, y));
  };
  const image = tfl.input({ shape: [...inputShape] });
  const features = block(block(block(relu(conv(image, 32, 3)), 32, 1), 64, 2), 128, 2);
  const outputs = apply(
    tfl.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'glorotUniform' }),
    apply(tfl.layers.globalAveragePooling2d({}), features),
  );
  return tfl.model({ inputs: image, outputs });
};

const lite0Layers = (await loadEfficientNetLite0()).table();

/**
 * EfficientNet-Lite0 with every layer trainable, batch normalization folded into the convolutions. The first weights are
 * sampled, since pretrained ones would be read anew in each process, and keep the scale of activations.
 */
const lite0: Network = (inputShape) => {
  const image = tfl.input({ shape: [...inputShape] });
  let [x, block, blockInput] = [image, '', image];
  for (const layer of lite0Layers) {
    if (layer.kind !== 'convolution') continue;
    if (layer.block !== block) [block, blockInput] = [layer.block, x];
    const { kernelSize, stride: strides, filters, groups } = layer;
    const taps = kernelSize ** 2 * (layer.channels / groups);
    const normal = tfl.initializers.randomNormal({ stddev: Math.sqrt(2 / taps) });
    const sizes = { kernelSize, strides, padding: 'same' as const };
    const conv =
      groups === 1
        ? tfl.layers.conv2d({ ...sizes, filters, kernelInitializer: normal })
        : tfl.layers.depthwiseConv2d({ ...sizes, depthMultiplier: 1, depthwiseInitializer: normal });
    x = conv.apply(x) as tfl.SymbolicTensor;
    if (layer.activation === 'relu6') x = tfl.layers.reLU({ maxValue: 6 }).apply(x) as tfl.SymbolicTensor;
    if (layer.residual) x = tfl.layers.add().apply([x, blockInput]) as tfl.SymbolicTensor;
  }
  const features = tfl.layers.globalAveragePooling2d({}).apply(x);
  const outputs = tfl.layers.dense({ units: 1, activation: 'sigmoid' }).apply(features) as tfl.SymbolicTensor;
  return tfl.model({ inputs: image, outputs });
};

export interface TrainingCase {
  readonly network: Network;
  readonly shape: readonly number[];
  readonly batch: number;
}

export const trainingCases = {
  baseline: { network: await loadNetwork('baseline'), shape: [64, 64, 3], batch: 128 },
  'dense-backend': { network: await loadNetwork('dense-backend'), shape: [2, 2, 512], batch: 32 },
  residual: { network: residual, shape: [64, 64, 3], batch: 64 },
  vgg16: {
    network: (shape, classes) => sequential('vgg16', vgg16Rows, shape, classes),
    shape: [64, 64, 3],
    batch: 32,
  },
  lite0: { network: lite0, shape: [128, 128, 3], batch: 32 },
} as const satisfies Record<string, TrainingCase>;

export type TrainingCaseName = keyof typeof trainingCases;

// The whole model: uint8 images in, their preprocessing, VGG16's blocks, and the head where it is wanted.

import type { StoredTensor } from '@sightline/backbone';
import { type GraphBuilder as Builder, GraphBuilder, type Model, op, type Value } from '@sightline/onnx';
import { winogradKernel, winogradLayers } from '@sightline/ort';
import type { Preprocessing } from '@sightline/vgg16-weights';
import {
  type ConvolutionLayer,
  denseLayersOf,
  IMAGE_CHANNELS,
  type Layer,
  layersOf,
} from '../architecture.ts';
import type { DenseLayout, Weights } from '../source/source.ts';
import type { Top } from '../weights.ts';
import { directLayers, type Parameters } from './direct.ts';
import { type Calibration, int8Layers } from './int8.ts';

/**
 * How the convolutions are computed: `direct` as ONNX Conv nodes everywhere; `winograd` as Conv nodes in the first
 * blocks and F(4x4, 3x3) in the others, 1.5 to 1.8 times as fast on CPU with batches of 32, and slower with few images;
 * `int8` in 8 bits from the second on, on CPU only.
 */
export type Algorithm = 'direct' | 'winograd' | 'int8';

export interface GraphOptions {
  readonly inputSize: readonly [number, number];
  readonly top: Top;
  readonly algorithm: Algorithm;
  /** Needed by `int8`. */
  readonly calibration?: Calibration | undefined;
}

/** Earlier blocks have too many pixels for their channels: what their products save, the look-ups cost again. */
const FIRST_WINOGRAD_BLOCK = 3;

const LAYERS = layersOf();
const [FIRST, ...OTHERS] = LAYERS as [Layer, ...Layer[]];
const EARLY = LAYERS.filter(({ block }) => block < FIRST_WINOGRAD_BLOCK);
const LATE = LAYERS.filter(({ block }) => block >= FIRST_WINOGRAD_BLOCK);

const kernelName = ({ name }: ConvolutionLayer): string => `${name}.kernel`;

/**
 * Input `image` uint8 (N, H, W, 3), RGB; `winograd` also takes the outputs of `kernelGraph`, and the top for 1,000
 * classes its tensors (`fc1.weight` … `predictions.bias`, float32): in the model, their 500 MB would be copied several
 * times on the way. Outputs `features` float32 (N, H/32, W/32, 512), and with a top `probabilities` float32 (N, 200 or
 * 1000).
 */
export function vgg16Graph(weights: Weights, options: GraphOptions): Model {
  const g = new GraphBuilder('vgg16');
  const features = BLOCKS[options.algorithm](g, imageInput(g, weights, options.inputSize), weights, options);
  g.output('features', features);
  if (options.top === 'head200') {
    const { tensors } = weights;
    const [weight, bias] = [stored(g, tensors.get('head.weight')!), stored(g, tensors.get('head.bias')!)];
    g.output('probabilities', head(g, features, weight, bias));
  }
  if (options.top === 'imagenet') g.output('probabilities', imagenetTop(g, features, weights.dense!));
  return g.build();
}

type Blocks = (g: Builder, x: Value, weights: Weights, options: GraphOptions) => Value;

const toNhwc = (g: Builder, x: Value): Value => op.transpose(g, x, [0, 2, 3, 1]);

/** The blocks, from images (N, 3, H, W) to features (N, H/32, W/32, 512). */
const BLOCKS: Record<Algorithm, Blocks> = {
  direct: (g, x, weights) => toNhwc(g, directLayers(g, x, LAYERS, direct(g, weights))),
  winograd: (g, x, weights) => {
    const early = directLayers(g, x, EARLY, direct(g, weights));
    const steps = LATE.map((layer) =>
      layer.kind === 'pooling'
        ? { kind: 'max-pooling' as const }
        : {
            kind: 'convolution' as const,
            name: layer.name,
            kernel: g.input(kernelName(layer), 'float32', [36, 1, layer.filters, layer.channels]),
            bias: stored(g, weights.tensors.get(`${layer.name}.bias`)!),
          },
    );
    return winogradLayers(g, early, steps);
  },
  int8: (g, x, weights, { calibration }) => {
    const first = directLayers(g, x, [FIRST], direct(g, weights));
    return toNhwc(g, int8Layers(g, first, FIRST.name, OTHERS, weights.tensors, calibration!));
  },
};

const direct =
  (g: Builder, { tensors }: Weights) =>
  ({ name }: ConvolutionLayer): Parameters => ({
    weight: stored(g, tensors.get(`${name}.weight`)!),
    bias: stored(g, tensors.get(`${name}.bias`)!),
  });

/** Input `image` as for `vgg16Graph`; an output (N) for each convolution, by its name: its largest activation. */
export function calibrationGraph(weights: Weights, inputSize: readonly [number, number]): Model {
  const g = new GraphBuilder('vgg16-calibration');
  directLayers(g, imageInput(g, weights, inputSize), LAYERS, direct(g, weights), ({ name }, activations) => {
    g.output(name, op.reduceMax(g, activations, [1, 2, 3]));
  });
  return g.build();
}

const imageInput = (g: Builder, { preprocessing }: Weights, inputSize: readonly [number, number]): Value =>
  preprocess(g, g.input('image', 'uint8', ['N', ...inputSize, IMAGE_CHANNELS]), preprocessing);

/**
 * Computes what `winograd` is fed beside the images: the transformed kernels, 236 MB of float32. As constants of the
 * model, folded when it is loaded, they would take as long and 200 MB more memory.
 */
export function kernelGraph({ tensors }: Weights): Model {
  const g = new GraphBuilder('vgg16-kernels');
  for (const layer of LATE) {
    if (layer.kind !== 'convolution') continue;
    g.output(kernelName(layer), winogradKernel(g, stored(g, tensors.get(`${layer.name}.weight`)!)));
  }
  return g.build();
}

/** A stored tensor as a float32 value. Float16 stays so in the model, and is cast once when it is loaded. */
function stored(g: Builder, { data, shape }: StoredTensor): Value {
  const value = g.constant(data, shape);
  return value.dtype === 'float32' ? value : op.cast(g, value, 'float32');
}

/** (x / scale - mean) / deviation as one product and one sum, and NHWC -> NCHW. */
function preprocess(g: Builder, image: Value, { scale, mean, deviation }: Preprocessing): Value {
  g.scope = 'preprocess';
  const column = [IMAGE_CHANNELS, 1, 1];
  const factor = g.constant(
    Float32Array.from(deviation, (d) => 1 / (scale * d)),
    column,
  );
  const shift = g.constant(
    Float32Array.from(mean, (m, i) => -m / deviation[i]!),
    column,
  );
  const x = op.transpose(g, op.cast(g, image, 'float32'), [0, 3, 1, 2]);
  return op.add(g, op.mul(g, x, factor), shift);
}

/** Features (N, 4, 4, 512), averaged over 2x2, flattened (row, column, channel), linear, softmax. */
function head(g: Builder, features: Value, weight: Value, bias: Value): Value {
  g.scope = 'head';
  const [, height, width, channels] = features.shape as [string, number, number, number];
  const windows = op.reshape(g, features, ['N', height / 2, 2, width / 2, 2, channels]);
  const flat = op.reshape(g, op.reduceMean(g, windows, [2, 4]), ['N', (height * width * channels) / 4]);
  return op.softmax(g, op.gemm(g, flat, weight, bias, { transB: true }), 1);
}

/** Features (N, 7, 7, 512), flattened as the weights want it, three dense layers, softmax. */
function imagenetTop(g: Builder, features: Value, { flatten, kernel }: DenseLayout): Value {
  g.scope = 'top';
  const ordered = flatten === 'NCHW' ? op.transpose(g, features, [0, 3, 1, 2]) : features;
  const layers = denseLayersOf();
  let x = op.reshape(g, ordered, ['N', layers[0]!.inputs]);
  layers.forEach(({ name, inputs, units }, i) => {
    const weight = g.input(`${name}.weight`, 'float32', kernel === 'IO' ? [inputs, units] : [units, inputs]);
    x = op.gemm(g, x, weight, g.input(`${name}.bias`, 'float32', [units]), { transB: kernel === 'OI' });
    if (i < layers.length - 1) x = op.relu(g, x);
  });
  return op.softmax(g, x, 1);
}

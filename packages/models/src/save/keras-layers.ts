/**
 * Keras' layers as TensorFlow.js' layers: one table by Keras' class. An option is read where TensorFlow.js computes the
 * same with it; every other option must have the value at which it does nothing. So what is read is computed as Keras
 * computes it, and what is not is named.
 */
import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { Elementwise } from '../layers/elementwise.ts';
import '../layers/mended.ts';
import '../networks/dropout.ts';
import { activationLayer, type ReadActivation, readActivation } from './keras-activation.ts';
import type { Json, LayerConfig } from './keras-config.ts';
import type { Variable } from './stored-layer.ts';

type Layer = tfl.layers.Layer;
type Shape = readonly (number | null)[];

/** What reading a layer needs to know beside its configuration. */
export interface LayerContext {
  /** The file, for messages. */
  readonly file: string;
  readonly isKeras2: boolean;
  /** The shapes of the layer's inputs, batch first. */
  readonly shapes: readonly Shape[];
}

interface Kind {
  /** Options that TensorFlow.js takes as they are, in snake case. */
  readonly takes?: readonly string[];
  /** Options with the values at which they do nothing; missing and null do nothing either. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
  /** Makes the layer, if not the class of TensorFlow.js of the same name with the options taken. */
  readonly make?: (config: Json, context: LayerContext, refuse: Refuse) => Layer;
  /** The layer's variables in TensorFlow.js' order, from Keras'. */
  readonly variables?: (variables: readonly Variable[], config: Json) => Variable[];
}

type Refuse = (why: string) => never;

const CHANNELS_LAST = { data_format: ['channels_last'] } as const;

const CONV = [
  'kernel_size',
  'strides',
  'padding',
  'dilation_rate',
  'use_bias',
  'bias_initializer',
  'bias_regularizer',
];

const CONV_ONLY = { ...CHANNELS_LAST, groups: [1] };

const POOL = ['pool_size', 'strides', 'padding'];

const kept = (config: Json): boolean => config.keepdims === true;

/** Global pooling that keeps its two axes is pooling over all of the image. */
const globalPool =
  (whole: 'averagePooling2d' | 'maxPooling2d', flat: 'globalAveragePooling2d' | 'globalMaxPooling2d') =>
  (config: Json, { shapes: [shape] }: LayerContext, refuse: Refuse): Layer => {
    const name = config.name as string;
    if (!kept(config)) return tfl.layers[flat]({ name });
    const [, height, width] = shape!;
    if (height == null || width == null) refuse('keeps the axes of images of any size');
    return tfl.layers[whole]({ name, poolSize: [height!, width!], strides: 1, padding: 'valid' });
  };

const MERGE: Kind = {};

const KINDS: Readonly<Record<string, Kind>> = {
  Conv2D: { takes: [...CONV, 'filters', 'kernel_initializer', 'kernel_regularizer'], only: CONV_ONLY },
  DepthwiseConv2D: {
    takes: [...CONV, 'depth_multiplier', 'depthwise_initializer', 'depthwise_regularizer'],
    only: CONV_ONLY,
  },
  SeparableConv2D: {
    takes: [
      ...CONV,
      'filters',
      'depth_multiplier',
      'depthwise_initializer',
      'pointwise_initializer',
      'depthwise_regularizer',
      'pointwise_regularizer',
    ],
    only: CONV_ONLY,
  },
  Dense: {
    takes: [
      'units',
      'use_bias',
      'kernel_initializer',
      'bias_initializer',
      'kernel_regularizer',
      'bias_regularizer',
    ],
    only: { lora_rank: [], quantization_config: [] },
  },
  BatchNormalization: {
    takes: ['momentum', 'epsilon', 'center', 'scale'],
    only: {
      renorm: [false],
      renorm_momentum: [0.99],
      synchronized: [false],
      fused: [true, false],
      virtual_batch_size: [],
    },
    make: (config, { shapes: [shape] }, refuse) => {
      const axis = positive(Array.isArray(config.axis) ? config.axis[0] : config.axis, shape!);
      if (axis !== shape!.length - 1) refuse(`normalizes axis ${axis}, not the channels`);
      return tfl.layers.batchNormalization(camelCase(config) as object);
    },
  },
  Normalization: {
    only: { invert: [false], mean: [], variance: [], axis: [-1, 3, [-1], [3], 1, [1]] },
    // (x - mean) / max(deviation, 1e-7): batch normalization with fixed statistics.
    make: ({ name }) =>
      tfl.layers.batchNormalization({
        name: name as string,
        center: false,
        scale: false,
        epsilon: 1e-14,
        trainable: false,
      }),
    // Its third variable counts what the statistics were taken of.
    variables: (variables) => variables.slice(0, 2),
  },
  MaxPooling2D: { takes: POOL, only: CHANNELS_LAST },
  AveragePooling2D: { takes: POOL, only: CHANNELS_LAST },
  GlobalAveragePooling2D: {
    only: CHANNELS_LAST,
    make: globalPool('averagePooling2d', 'globalAveragePooling2d'),
  },
  GlobalMaxPooling2D: { only: CHANNELS_LAST, make: globalPool('maxPooling2d', 'globalMaxPooling2d') },
  Flatten: {
    only: CHANNELS_LAST,
    // TensorFlow.js refuses vectors, which are flat already.
    make: ({ name }, { shapes: [shape] }) =>
      shape!.length > 2 ? tfl.layers.flatten({ name: name as string }) : unchanged(name as string),
  },
  Dropout: { takes: ['rate', 'noise_shape', 'seed'] },
  // They change nothing but in training, and there TensorFlow.js draws by seeds of the moment.
  SpatialDropout2D: {
    only: CHANNELS_LAST,
    make: (config, { shapes: [shape] }) => {
      const Dropout = classOf('Dropout');
      return new Dropout({ name: config.name, rate: config.rate, noiseShape: [null, 1, 1, shape!.at(-1)] });
    },
    takes: ['rate', 'seed'],
  },
  GaussianNoise: { takes: ['stddev'], only: { seed: [] } },
  GaussianDropout: { takes: ['rate'], only: { seed: [] } },
  Activation: {},
  ReLU: {},
  LeakyReLU: {},
  ELU: {},
  Softmax: {},
  Add: MERGE,
  Multiply: MERGE,
  Average: MERGE,
  Maximum: MERGE,
  Minimum: MERGE,
  Concatenate: {
    make: (config, { shapes: [shape] }) =>
      tfl.layers.concatenate({ name: config.name as string, axis: positive(config.axis ?? -1, shape!) }),
    takes: ['axis'],
  },
  ZeroPadding2D: { takes: ['padding'], only: CHANNELS_LAST },
  Cropping2D: { takes: ['cropping'], only: CHANNELS_LAST },
  Reshape: {
    make: (config, { shapes: [shape] }) =>
      tfl.layers.reshape({
        name: config.name as string,
        targetShape: wholeShape(config.target_shape as number[], shape!),
      }),
    takes: ['target_shape'],
  },
  Rescaling: {
    make: (config) =>
      rescaling(config.name as string, numberOf(config.scale) ?? 1, numberOf(config.offset) ?? 0),
    takes: ['scale', 'offset'],
  },
};

/** Keras' activation layers: which of their options are read is their own table's. */
const ACTIVATION_LAYERS = ['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'Softmax'];

/** Keras' layers that change images in training and give them on as they are otherwise, whatever their options. */
const AUGMENTATIONS = new Set([
  'AugMix',
  'CutMix',
  'MixUp',
  'RandAugment',
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomContrast',
  'RandomElasticTransform',
  'RandomErasing',
  'RandomFlip',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomRotation',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomZoom',
]);

/** Options of every layer that say nothing about what it computes. */
const NEUTRAL = new Set([
  'name',
  'trainable',
  'dtype',
  'batch_input_shape',
  'batch_shape',
  'autocast',
  'activation',
]);

/** Layers with weights whose file holds values for them, and what follows them: an activation of its own. */
export interface ReadLayer {
  /** To be applied one after the other. */
  readonly layers: readonly Layer[];
  readonly variables: (variables: readonly Variable[]) => Variable[];
}

/**
 * The layers of TensorFlow.js that compute what a layer of Keras does.
 *
 * @throws SightlineError `unsupported-layer` that names the layer, its class and the option
 */
export function readLayer({ class_name: kind, config }: LayerConfig, context: LayerContext): ReadLayer {
  const { name } = config;
  const refuse: Refuse = (why) => {
    throw new SightlineError(
      'unsupported-layer',
      `${context.file}: the layer ${name} (${kind}) ${why}, which TensorFlow.js cannot compute.`,
    );
  };
  if (AUGMENTATIONS.has(kind)) return { layers: [unchanged(name)], variables: () => [] };
  const entry = KINDS[kind];
  if (!entry) {
    throw new SightlineError(
      'unsupported-layer',
      `${context.file}: the layer ${name} is a ${kind}, which is not supported. Supported: ${Object.keys(KINDS).join(', ')}, and random augmentations.`,
    );
  }
  if (ACTIVATION_LAYERS.includes(kind)) {
    const activation = activationLayer(kind, config, context.isKeras2);
    if (!activation) refuse(`has ${JSON.stringify(config.activation ?? { axis: config.axis })}`);
    return { layers: [asLayer(activation!, name)], variables: identity };
  }
  requireNeutral(entry, config, refuse);
  const taken: Json = { name, trainable: config.trainable !== false };
  for (const field of entry.takes ?? []) {
    if (config[field] !== undefined) taken[field] = readOption(field, config[field]);
  }
  if (entry.make) for (const field of ['axis', 'keepdims']) taken[field] ??= config[field];
  const activation = 'activation' in config ? readActivation(config.activation, context.isKeras2) : undefined;
  if ('activation' in config && !activation)
    refuse(`has the activation ${JSON.stringify(config.activation)}`);
  if (activation && 'name' in activation) taken.activation = activation.name;
  const layer = entry.make
    ? entry.make(taken, context, refuse)
    : new (classOf(kind))(camelCase(taken) as object);
  const after = activation && 'kind' in activation ? [asLayer(activation, `${name}_activation`)] : [];
  const { variables = identity } = entry;
  return { layers: [layer, ...after], variables: (found) => variables(found, config) };
}

const identity = (variables: readonly Variable[]): Variable[] => [...variables];

const unchanged = (name: string): Layer => tfl.layers.activation({ name, activation: 'linear' });

/** x * scale + offset. */
export const rescaling = (name: string, scale: number, offset: number): Layer =>
  new (classOf('Rescaling'))({ name, scale, offset });

function asLayer(activation: ReadActivation, name: string): Layer {
  if ('kind' in activation) return new Elementwise({ name, ...activation });
  switch (activation.name) {
    case 'relu':
      return tfl.layers.reLU({ name });
    case 'relu6':
      return tfl.layers.reLU({ name, maxValue: 6 });
    case 'softmax':
      return tfl.layers.softmax({ name });
    default:
      return tfl.layers.activation({ name, activation: activation.name as 'relu' });
  }
}

/** Refuses every option that would change what the layer computes and is not read. */
function requireNeutral({ takes = [], only = {}, make }: Kind, config: Json, refuse: Refuse): void {
  for (const [field, value] of Object.entries(config)) {
    if (NEUTRAL.has(field) || takes.includes(field) || field.endsWith('_initializer')) continue;
    if (make && (field === 'axis' || field === 'keepdims')) continue;
    if (value === null || value === false || value === undefined) continue;
    const allowed = only[field] ?? [];
    if (allowed.some((item) => JSON.stringify(item) === JSON.stringify(value))) continue;
    refuse(`has ${field} ${JSON.stringify(value)}`);
  }
  const policy = (config.dtype as { config?: { name?: string } } | undefined)?.config?.name ?? config.dtype;
  // Mixed precision keeps its weights in float32, and float32 is what they are computed in here.
  if (!['float32', 'mixed_float16', 'mixed_bfloat16', undefined, null].includes(policy as string)) {
    refuse(`computes in ${policy}`);
  }
}

/** An initializer or a regularizer as TensorFlow.js takes it. */
function readOption(field: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('class_name' in value)) return value;
  const { class_name, config } = value as { class_name: string; config: Json };
  if (field.endsWith('regularizer')) {
    const { l1 = 0, l2 = 0 } = config as { l1?: number; l2?: number };
    return { className: 'L1L2', config: { l1, l2 } };
  }
  // Weights are set from the file: an initializer matters only where a network is trained anew.
  if (!INITIALIZERS.has(class_name)) return undefined;
  const { input_axes: _, output_axes: __, ...rest } = config;
  if (rest.distribution === 'truncated_normal') rest.distribution = 'normal';
  if (typeof rest.mode === 'string') rest.mode = camel(rest.mode);
  return { className: class_name, config: camelCase(rest) };
}

const INITIALIZERS = new Set([
  'Zeros',
  'Ones',
  'Constant',
  'RandomUniform',
  'RandomNormal',
  'TruncatedNormal',
  'VarianceScaling',
  'GlorotUniform',
  'GlorotNormal',
  'HeUniform',
  'HeNormal',
  'LeCunUniform',
  'LeCunNormal',
]);

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** An axis from the front: TensorFlow.js takes every negative one for the last. */
const positive = (axis: unknown, shape: Shape): number =>
  (axis as number) < 0 ? shape.length + (axis as number) : (axis as number);

/** A target shape whose -1 is worked out, where the input's sizes are known. */
function wholeShape(target: readonly number[], [, ...sizes]: Shape): number[] {
  if (!target.includes(-1) || sizes.some((size) => size === null)) return [...target];
  const product = (values: readonly number[]) => values.reduce((a, b) => a * b, 1);
  const rest = product(sizes as number[]) / product(target.filter((size) => size !== -1));
  return target.map((size) => (size === -1 ? rest : size));
}

/** A class of TensorFlow.js by its name; ours have taken the place of some. */
function classOf(kind: string): new (args: object) => Layer {
  const map = tf.serialization.SerializationMap.getMap().classNameMap;
  return map[kind]![0] as unknown as new (
    args: object,
  ) => Layer;
}

/** Options as TensorFlow.js' constructors call them. Values stay as they are. */
function camelCase(config: Json): Json {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [camel(key), value]),
  );
}

const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

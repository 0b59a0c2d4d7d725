// Keras 3's description of a model, and TensorFlow.js', which is an older Keras': what each layer is called and what
// it is configured by. A layer that is not in the table can't be saved or read.

import { SightlineError } from '@sightline/core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ElementwiseKind } from '../layers/elementwise.ts';
import { writeElementwise } from './keras-activation.ts';

export type Json = Record<string, unknown>;

export interface LayerConfig {
  class_name: string;
  config: Json & { name: string };
  inbound_nodes?: unknown[];
}

export interface KerasModel {
  class_name: 'Sequential' | 'Functional';
  config: Json & { name: string; layers: LayerConfig[] };
}

const CONV = [
  'strides',
  'padding',
  'data_format',
  'dilation_rate',
  'activation',
  'use_bias',
  'bias_initializer',
  'bias_regularizer',
];
const POOL = ['pool_size', 'strides', 'padding', 'data_format'];

/** Which of TensorFlow.js' settings Keras 3 takes, by layer; both call them the same. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Conv2D: [...CONV, 'filters', 'kernel_size', 'kernel_initializer', 'kernel_regularizer'],
  DepthwiseConv2D: [
    ...CONV,
    'kernel_size',
    'depth_multiplier',
    'depthwise_initializer',
    'depthwise_regularizer',
  ],
  SeparableConv2D: [
    ...CONV,
    'filters',
    'kernel_size',
    'depth_multiplier',
    'depthwise_initializer',
    'pointwise_initializer',
    'depthwise_regularizer',
    'pointwise_regularizer',
  ],
  Dense: [
    'units',
    'activation',
    'use_bias',
    'kernel_initializer',
    'bias_initializer',
    'kernel_regularizer',
    'bias_regularizer',
  ],
  BatchNormalization: ['axis', 'momentum', 'epsilon', 'center', 'scale'],
  MaxPooling2D: POOL,
  AveragePooling2D: POOL,
  GlobalAveragePooling2D: ['data_format'],
  GlobalMaxPooling2D: ['data_format'],
  Flatten: [],
  Dropout: ['rate', 'noise_shape', 'seed'],
  Activation: ['activation'],
  ReLU: ['max_value'],
  LeakyReLU: ['alpha'],
  ELU: ['alpha'],
  Softmax: ['axis'],
  Add: [],
  Multiply: [],
  Average: [],
  Maximum: [],
  Minimum: [],
  Concatenate: ['axis'],
  ZeroPadding2D: ['padding', 'data_format'],
  Cropping2D: ['cropping', 'data_format'],
  Reshape: ['target_shape'],
  Rescaling: ['scale', 'offset'],
};

/** Throws SightlineError for a layer that Keras' formats can't hold. */
function fieldsOf(kind: string, name: string): readonly string[] {
  const fields = FIELDS[kind];
  if (fields) return fields;
  throw new SightlineError(
    'unsupported-layer',
    `The layer ${name} is a ${kind}, which can't go between Keras and TensorFlow.js. These can: ${Object.keys(FIELDS).join(', ')}.`,
  );
}

const object = (module: string, class_name: string, config: unknown) => ({
  module,
  class_name,
  config,
  registered_name: null,
});

/** An initializer or regularizer as Keras 3 writes it. */
function keras3Object(field: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('class_name' in value)) return value;
  const { class_name, config } = value as { class_name: string; config: Json };
  if (field.endsWith('regularizer')) return object('keras.regularizers', class_name, config);
  const distribution = config.distribution === 'normal' ? { distribution: 'truncated_normal' } : {};
  return object('keras.initializers', class_name, { ...config, ...distribution });
}

function keras3Layer(layer: LayerConfig): LayerConfig {
  const { class_name: kind, config } = layer;
  const { name } = config;
  if (kind === 'InputLayer') {
    return { ...layer, config: { batch_shape: config.batch_input_shape, dtype: 'float32', name } };
  }
  const taken: Json & { name: string } = { name, trainable: true, dtype: 'float32' };
  if (kind === 'Elementwise') {
    const written = writeElementwise(config.kind as ElementwiseKind, config.options as Json);
    if (written) return { ...layer, class_name: written.class_name, config: { ...taken, ...written.config } };
    throw unlike(name, `the activation ${config.kind} with options of its own`);
  }
  for (const field of fieldsOf(kind, name)) {
    const value = config[field];
    if (value !== undefined) taken[field] = keras3Object(field, value);
  }
  // Keras 3 computes x / 6 + 0.5, TensorFlow.js as Keras 2 did 0.2 x + 0.5; the approximated GELU has no name there.
  if (taken.activation === 'hard_sigmoid' || taken.activation === 'gelu_new') {
    throw unlike(name, `TensorFlow.js' activation ${taken.activation}`);
  }
  if (kind === 'LeakyReLU') {
    taken.negative_slope = taken.alpha;
    delete taken.alpha;
  }
  return { ...layer, config: taken };
}

const unlike = (name: string, what: string) =>
  new SightlineError(
    'unsupported-layer',
    `The layer ${name} has ${what}, which Keras 3 cannot compute: export to ONNX, or train with another activation.`,
  );

/** A model's description for Keras 3. Throws SightlineError 'unsupported-layer' for what it can't hold. */
export function toKeras(model: tfl.LayersModel): KerasModel {
  const { class_name, config } = model.toJSON(null, false) as unknown as KerasModel;
  const layers = config.layers.map(keras3Layer);
  if (class_name === 'Sequential') {
    // A Keras 3 Sequential begins with its input, which TensorFlow.js may keep in its first layer.
    const first = config.layers[0]!;
    if (first.class_name !== 'InputLayer') {
      const input = { batch_shape: model.inputs[0]!.shape, dtype: 'float32', name: 'input' };
      layers.unshift({ class_name: 'InputLayer', config: input });
    }
    return { class_name, config: { name: config.name, trainable: true, dtype: 'float32', layers } };
  }
  const ends = (list: unknown) => (list as unknown[][]).map((end) => [...end]);
  const { input_layers, output_layers } = config;
  const named = { name: config.name, trainable: true, layers };
  return {
    class_name: 'Functional',
    config: { ...named, input_layers: ends(input_layers), output_layers: ends(output_layers) },
  };
}

/** Where each object of a `.keras` file is found in Keras. */
export function withModules({ class_name, config }: KerasModel): Json {
  const layers = config.layers.map((layer) => ({
    module: 'keras.layers',
    registered_name: null,
    name: layer.config.name,
    ...layer,
  }));
  const module = class_name === 'Sequential' ? 'keras' : 'keras.src.models.functional';
  return {
    ...object(module, class_name, { ...config, layers }),
    registered_name: class_name === 'Sequential' ? null : class_name,
  };
}

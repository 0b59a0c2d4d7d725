// The way back: what Keras 2 or 3 wrote about a model, as TensorFlow.js reads it.

import { SightlineError } from '@sightline/core';
import { fieldsOf, type Json, type KerasModel, type LayerConfig } from './keras-config.ts';

type Call = [layer: string, node: number, tensor: number, keywords: Json];

/** Regularizers of Keras 3 have classes of their own. */
function regularizer(value: Json): unknown {
  const config = value.config as { l1?: number; l2?: number };
  return { class_name: 'L1L2', config: { l1: config.l1 ?? 0, l2: config.l2 ?? 0 } };
}

function older(field: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('class_name' in value)) return value;
  const { class_name, config } = value as { class_name: string; config: Json };
  if (field.endsWith('regularizer')) return regularizer({ class_name, config });
  const { input_axes: _, output_axes: __, ...rest } = config;
  if (rest.distribution === 'truncated_normal') rest.distribution = 'normal';
  return { class_name, config: rest };
}

/** Keras 3 keeps each call as nested arguments with their history; Keras 2 as [layer, node, tensor, keywords]. */
function calls(nodes: readonly unknown[]): Call[][] {
  return nodes.map((node) => {
    if (Array.isArray(node)) return node as Call[];
    const found: Call[] = [];
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) for (const item of value) visit(item);
      else if (value !== null && typeof value === 'object') {
        const history = (value as { config?: { keras_history?: [string, number, number] } }).config
          ?.keras_history;
        if (history) found.push([...history, {}]);
      }
    };
    visit((node as { args: unknown }).args);
    return found;
  });
}

function olderLayer(layer: LayerConfig): LayerConfig {
  const { class_name: kind, config } = layer;
  const { name } = config;
  const inbound = layer.inbound_nodes ? { name, inbound_nodes: calls(layer.inbound_nodes) } : {};
  if (kind === 'InputLayer') {
    const shape = config.batch_shape ?? config.batch_input_shape;
    return {
      ...inbound,
      class_name: kind,
      config: { name, batch_input_shape: shape, dtype: 'float32', sparse: false },
    };
  }
  const refuse = (why: string): never => {
    throw new SightlineError(
      'unsupported-layer',
      `The layer ${name} (${kind}) ${why}, which TensorFlow.js can't do.`,
    );
  };
  if (config.data_format === 'channels_first') refuse('has its channels first');
  if (((config.groups as number | undefined) ?? 1) !== 1) refuse('convolves groups of channels');
  if (kind === 'ReLU' && (config.negative_slope || config.threshold)) refuse('has a slope or a threshold');
  const taken: Json & { name: string } = { name, trainable: true };
  for (const field of fieldsOf(kind, name))
    if (config[field] !== undefined) taken[field] = older(field, config[field]);
  if (kind === 'LeakyReLU') taken.alpha = config.negative_slope ?? config.alpha;
  if (config.batch_input_shape) taken.batch_input_shape = config.batch_input_shape;
  return { ...inbound, class_name: kind, config: taken };
}

/** A topology for `tfl.models.modelFromJSON`. Throws SightlineError 'unsupported-layer' that names the layer. */
export function fromKeras({
  class_name,
  config,
}: KerasModel | { class_name: 'Model'; config: KerasModel['config'] }): Json {
  if (!['Sequential', 'Functional', 'Model'].includes(class_name)) {
    throw new SightlineError(
      'unsupported-layer',
      `The file holds a ${class_name}; a Sequential or functional model can be read.`,
    );
  }
  const layers = config.layers.map(olderLayer);
  if (class_name === 'Sequential') return { class_name, config: { name: config.name, layers } };
  const ends = (list: unknown): unknown => {
    const given = list as unknown[];
    return typeof given[0] === 'string' ? [given] : given;
  };
  return {
    class_name: 'Model',
    config: {
      name: config.name,
      layers,
      input_layers: ends(config.input_layers),
      output_layers: ends(config.output_layers),
    },
  };
}

// The HDF5 part of Keras' files. HDF5 is a tree of groups and datasets (arrays), each with attributes.

import { SightlineError } from '@sightline/core';
import type * as h5 from 'h5wasm';
import { writeHdf5 } from './hdf5.ts';
import { readContents } from './hdf5-thread.ts';
import type { KerasModel } from './keras-config.ts';
import { distribute, type StoredLayer, type Variable } from './stored-layer.ts';

/** What a file of Keras holds. */
export interface KerasContent {
  readonly topology: KerasModel;
  /** Written by Keras 2, or by Keras 3. */
  readonly isKeras2: boolean;
  /** The layers' numbers in all: a network has no more. */
  readonly count: number;
  /** Each layer's variables in Keras' order. */
  readonly variablesOf: (layers: readonly StoredLayer[]) => ReadonlyMap<StoredLayer, readonly Variable[]>;
  /** What Sightline wrote beside them, if it did. */
  readonly sightline: unknown;
}

/** Write a Keras 2 style `.h5`: the description as an attribute, `model_weights/<layer>/<layer>/<variable>`. */
export function writeKerasH5(
  model: KerasModel,
  variables: ReadonlyMap<string, readonly Variable[]>,
  version: string,
  sightline: object | undefined,
): Promise<Uint8Array> {
  return writeHdf5((file) => {
    if (sightline) file.create_attribute('sightline', JSON.stringify(sightline));
    file.create_attribute('backend', 'tensorflow');
    file.create_attribute('keras_version', version);
    file.create_attribute('model_config', JSON.stringify(model));
    const root = file.create_group('model_weights');
    root.create_attribute('backend', 'tensorflow');
    root.create_attribute('keras_version', version);
    root.create_attribute('layer_names', [...variables.keys()]);
    for (const [layer, arrays] of variables) {
      const group = root.create_group(layer);
      if (arrays.length === 0) continue;
      group.create_attribute(
        'weight_names',
        arrays.map(({ name }) => `${layer}/${name}`),
      );
      const inner = group.create_group(layer);
      for (const { name, data, shape } of arrays) inner.create_dataset({ name, data, shape });
    }
  });
}

/** Write the `model.weights.h5` of a `.keras` file: variables numbered in each group. */
export function writeVariables(groups: ReadonlyMap<string, readonly Variable[]>): Promise<Uint8Array> {
  return writeHdf5((file) => {
    file.create_group('vars');
    for (const [group, variables] of groups) {
      // A group is made in one that exists: layers, layers/conv2d, layers/conv2d/vars.
      let at: h5.Group = file;
      for (const name of group.split('/')) at = (at.get(name) as h5.Group | null) ?? at.create_group(name);
      variables.forEach(({ data, shape }, i) => {
        at.create_dataset({ name: String(i), data, shape });
      });
    }
  });
}

/** The variables of a `model.weights.h5`. */
export async function readVariables(bytes: Uint8Array): Promise<Pick<KerasContent, 'count' | 'variablesOf'>> {
  const { groups } = await readContents('weights', bytes);
  const groupOf = ({ groups: names }: StoredLayer) => names.map((name) => `layers/${name}`).join('/');
  return {
    count: countOf([...groups.values()].flat()),
    variablesOf: (layers) => new Map(layers.map((layer) => [layer, groups.get(groupOf(layer)) ?? []])),
  };
}

/** A `.h5` file: the description as an attribute, and the variables of each layer of the outermost model. */
export async function readKerasH5(path: string, bytes: Uint8Array): Promise<KerasContent> {
  const { config, version = '2', sightline, groups } = await readContents('model', bytes);
  if (config === undefined) {
    throw new SightlineError(
      'saved-model',
      `${path} holds weights alone: save the whole model with model.save().`,
    );
  }
  return {
    topology: JSON.parse(config) as KerasModel,
    isKeras2: version.startsWith('2'),
    count: countOf([...groups.values()].flat()),
    variablesOf: (layers) => variablesByName(layers, groups),
    sightline: sightline === undefined ? undefined : JSON.parse(sightline),
  };
}

const countOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { data }) => sum + data.length, 0);

function variablesByName(
  layers: readonly StoredLayer[],
  groups: ReadonlyMap<string, readonly Variable[]>,
): Map<StoredLayer, readonly Variable[]> {
  const result = new Map<StoredLayer, readonly Variable[]>();
  for (const [name, inGroup] of Map.groupBy(layers, ({ names }) => names[0]!)) {
    const variables = groups.get(name) ?? [];
    // A model in the model has the variables of all its layers in one group.
    if (inGroup.length === 1) result.set(inGroup[0]!, variables);
    else for (const [layer, own] of distribute(inGroup, variables)) result.set(layer, own);
  }
  return result;
}

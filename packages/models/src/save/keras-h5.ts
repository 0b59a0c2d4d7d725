// The HDF5 part of Keras' files. HDF5 is a tree of groups and datasets (arrays), each with attributes.

import { SightlineError } from '@sightline/core';
import type * as h5 from 'h5wasm';
import { type Hdf5Reader, readHdf5, writeHdf5 } from './hdf5.ts';
import type { KerasModel } from './keras-config.ts';

export interface Variable {
  /** Its own name in its layer: `kernel`, `moving_mean`. */
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** What a file of Keras holds. */
export interface KerasContent {
  readonly topology: KerasModel;
  /** Each layer's variables, by its name. */
  readonly weights: ReadonlyMap<string, readonly Variable[]>;
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

/** Each layer's variables from a `model.weights.h5`, given its group. */
export function readVariables(
  bytes: Uint8Array,
  groups: ReadonlyMap<string, string>,
): Promise<Map<string, Variable[]>> {
  return readHdf5(bytes, (file) => {
    const all = new Map<string, Variable[]>();
    for (const [layer, group] of groups) {
      const names = file.names(group)?.sort((a, b) => Number(a) - Number(b));
      if (names) all.set(layer, variables(file, group, names));
    }
    return all;
  });
}

/** The description and each layer's variables of a `.h5` file. */
export function readKerasH5(path: string, bytes: Uint8Array): Promise<KerasContent> {
  return readHdf5(bytes, (file) => {
    const config = file.text('model_config');
    if (config === undefined) {
      throw new SightlineError(
        'saved-model',
        `${path} holds weights alone: save the whole model with model.save().`,
      );
    }
    const weights = new Map<string, Variable[]>();
    for (const layer of file.names('model_weights') ?? []) {
      const group = `model_weights/${layer}`;
      weights.set(layer, variables(file, group, file.list(group, 'weight_names')));
    }
    const written = file.text('sightline');
    const sightline = written === undefined ? undefined : JSON.parse(written);
    return { topology: JSON.parse(config) as KerasModel, weights, sightline };
  });
}

function variables(file: Hdf5Reader, group: string, names: readonly string[]): Variable[] {
  return names.map((name) => ({ name: name.split('/').at(-1)!, ...file.floats(`${group}/${name}`) }));
}

// The HDF5 part of Keras' files. HDF5 is a tree of groups and datasets (arrays), each with attributes.

import { readFileSync } from 'node:fs';
import { SightlineError } from '@sightline/core';
import * as h5 from 'h5wasm/node';
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

/** The first bytes of an HDF5 file. */
const SIGNATURE = '\x89HDF\r\n\x1a\n';

async function withFile<T>(path: string, mode: 'r' | 'w', use: (file: h5.File) => T): Promise<T> {
  await h5.ready;
  // The library would write its own account of a file that is none to the terminal.
  if (mode === 'r' && readFileSync(path).subarray(0, 8).toString('latin1') !== SIGNATURE) {
    throw new Error(`${path} is no HDF5 file`);
  }
  const file = new h5.File(path, mode);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** A Keras 2 style `.h5`: the description as an attribute, `model_weights/<layer>/<layer>/<variable>`. */
export function writeKerasH5(
  path: string,
  model: KerasModel,
  variables: ReadonlyMap<string, readonly Variable[]>,
  version: string,
  sightline: object | undefined,
): Promise<void> {
  return withFile(path, 'w', (file) => {
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

/** The `model.weights.h5` of a `.keras` file: variables numbered in each group. */
export function writeVariables(
  path: string,
  groups: ReadonlyMap<string, readonly Variable[]>,
): Promise<void> {
  return withFile(path, 'w', (file) => {
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
  path: string,
  groups: ReadonlyMap<string, string>,
): Promise<Map<string, Variable[]>> {
  return withFile(path, 'r', (file) => {
    const all = new Map<string, Variable[]>();
    for (const [layer, group] of groups) {
      const vars = file.get(group);
      if (!(vars instanceof h5.Group)) continue;
      const names = vars.keys().sort((a, b) => Number(a) - Number(b));
      all.set(
        layer,
        names.map((name) => variable(vars, name)),
      );
    }
    return all;
  });
}

/** The description and each layer's variables of a `.h5` file. */
export function readKerasH5(path: string): Promise<KerasContent> {
  return withFile(path, 'r', (file) => {
    const config = file.attrs.model_config?.value;
    if (typeof config !== 'string') {
      throw new SightlineError(
        'saved-model',
        `${path} holds weights alone: save the whole model with model.save().`,
      );
    }
    const root = file.get('model_weights') as h5.Group;
    const weights = new Map<string, Variable[]>();
    for (const layer of root.keys()) {
      const group = root.get(layer) as h5.Group;
      const names = (group.attrs.weight_names?.value ?? []) as string[];
      weights.set(
        layer,
        Array.from(names, (name) => variable(group, String(name))),
      );
    }
    const written = file.attrs.sightline?.value;
    const sightline = typeof written === 'string' ? JSON.parse(written) : undefined;
    return { topology: JSON.parse(config) as KerasModel, weights, sightline };
  });
}

function variable(group: h5.Group, path: string): Variable {
  const dataset = group.get(path) as h5.Dataset;
  return {
    name: path.split('/').at(-1)!,
    shape: dataset.shape ?? [],
    data: Float32Array.from(dataset.value as Float32Array),
  };
}

/** What is read of Keras' HDF5 files, as plain data that passes from one thread to another. */

import type { Hdf5Reader } from './hdf5.ts';
import type { Variable } from './stored-layer.ts';

export interface Hdf5Contents {
  /** Attributes of the file, where it has them. */
  readonly config: string | undefined;
  readonly version: string | undefined;
  readonly sightline: string | undefined;
  /** Variables by the group of their layer. */
  readonly groups: Map<string, Variable[]>;
}

/** A layer has a handful of variables; a number beyond is damage. */
const VARIABLE = /^(.*)\/vars\/(\d{1,3})$/;

/** By what a file is: a whole model (`.h5`), or the weights beside a description (`model.weights.h5` in `.keras`). */
export const CONTENTS: Readonly<Record<'model' | 'weights', (file: Hdf5Reader) => Hdf5Contents>> = {
  /** For each layer of the outermost model its variables' names. */
  model(file) {
    const layers = file.names('model_weights').map((layer): [string, Variable[]] => {
      const group = `model_weights/${layer}`;
      const names = file.list(group, 'weight_names');
      return [
        layer,
        names.map((name) => ({ name: name.split('/').at(-1)!, ...file.floats(`${group}/${name}`) })),
      ];
    });
    const [config, version, sightline] = ['model_config', 'keras_version', 'sightline'].map((name) =>
      file.text(name),
    );
    return { config, version, sightline, groups: new Map(layers) };
  },
  /** Numbered in the group of their layer, `layers/sequential/layers/conv2d/vars/0`. */
  weights(file) {
    const groups = new Map<string, Variable[]>();
    for (const path of file.paths('layers')) {
      const [, group, name] = VARIABLE.exec(path) ?? [];
      if (group === undefined) continue;
      const list = groups.get(group) ?? [];
      list[Number(name)] = { name: name!, ...file.floats(path) };
      groups.set(group, list);
    }
    return { config: undefined, version: undefined, sightline: undefined, groups };
  },
};

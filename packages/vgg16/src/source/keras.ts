// VGG16 in Keras' HDF5 files. There are two layouts of them: a group a layer, with the names of its arrays as an
// attribute (keras-applications' weights, models saved as `.h5`), and layers numbered by their class (`.weights.h5`).
//
// Keras' kernels are HWIO, and VGG16's expect BGR: here they become OIHW and RGB, and the means with them. So the
// channels of images need not be turned round, and a first kernel of any source can be shown as it is.

import type { Preprocessing, StoredTensor } from '@sightline/backbone';
import * as h5 from 'h5wasm';
import { readFloats, withHdf5 } from './hdf5.ts';
import { checkArray, type Wanted, type Weights } from './source.ts';

/** Keras' `preprocess_input` for VGG16 ("caffe"): bytes minus the means of ImageNet's channels, no scaling. */
const PREPROCESSING: Preprocessing = {
  scale: 1,
  mean: [123.68, 116.779, 103.939],
  deviation: [1, 1, 1],
};

/** A layer's kernel and bias, by its name, or by its class (`conv2d`, `dense`) and its number among those. */
type FindArrays = (name: string, kind: string, index: number) => (h5.Dataset | undefined)[];

const groupIn = (parent: h5.Group, path: string): h5.Group | undefined => {
  const found = parent.get(path);
  return found instanceof h5.Group ? found : undefined;
};

const datasetIn = (group: h5.Group | undefined, path: string): h5.Dataset | undefined => {
  const found = group?.get(path);
  return found instanceof h5.Dataset ? found : undefined;
};

function finderOf(file: h5.File): FindArrays {
  const numbered = groupIn(file, 'layers');
  if (numbered) {
    return (_, kind, index) => {
      const vars = groupIn(numbered, `${index === 0 ? kind : `${kind}_${index}`}/vars`);
      return ['0', '1'].map((name) => datasetIn(vars, name));
    };
  }
  const root = groupIn(file, 'model_weights') ?? file;
  return (layer) => {
    const group = groupIn(root, layer);
    const names = (group?.attrs.weight_names?.value ?? []) as string[];
    return Array.from(names, (name) => datasetIn(group, name));
  };
}

/** (row, column, channel, filter) to (filter, channel, row, column), with channels in reverse where they are a BGR image's. */
function oihw(hwio: Float32Array, places: number, channels: number, filters: number, isImage: boolean) {
  const values = new Float32Array(hwio.length);
  let at = 0;
  for (let place = 0; place < places; place++) {
    for (let c = 0; c < channels; c++) {
      const channel = isImage ? channels - 1 - c : c;
      for (let f = 0; f < filters; f++) values[(f * channels + channel) * places + place] = hwio[at++]!;
    }
  }
  return values;
}

/** The layers of VGG16 in an HDF5 file of Keras; see `ReadWeights`, and `keras-thread.ts`. */
export async function readKerasWeights(path: string, { convolutions, dense }: Wanted): Promise<Weights> {
  return await withHdf5(path, (file) => {
    const find = finderOf(file);
    const tensors = new Map<string, StoredTensor>();
    const add = (name: string, shape: number[], data: Float32Array) =>
      tensors.set(name, { dtype: 'F32', shape, data });
    const read = (what: string, found: h5.Dataset | undefined, shape: number[]): Float32Array => {
      // h5py's word for little-endian float32.
      const dtype = found?.dtype === '<f' ? 'float32' : String(found?.dtype);
      checkArray(path, what, found && { dtype, shape: found.shape ?? [] }, ['float32'], shape);
      return readFloats(found!);
    };
    convolutions.forEach(({ name, channels, filters }, i) => {
      const [kernel, bias] = find(name, 'conv2d', i);
      const values = read(`the kernel of ${name}`, kernel, [3, 3, channels, filters]);
      add(`${name}.weight`, [filters, channels, 3, 3], oihw(values, 9, channels, filters, i === 0));
      add(`${name}.bias`, [filters], read(`the bias of ${name}`, bias, [filters]));
    });
    dense.forEach(({ name, inputs, units }, i) => {
      const [kernel, bias] = find(name, 'dense', i);
      add(`${name}.weight`, [inputs, units], read(`the kernel of ${name}`, kernel, [inputs, units]));
      add(`${name}.bias`, [units], read(`the bias of ${name}`, bias, [units]));
    });
    return {
      tensors,
      preprocessing: PREPROCESSING,
      dense: { flatten: 'NHWC', kernel: 'IO' },
      origin: `Keras' file ${path}`,
    };
  });
}

import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { distribute, type StoredLayer, type Variable } from './stored-layer.ts';

const variable = (name: string, shape: number[]): Variable => ({
  name,
  shape,
  data: new Float32Array(shape.reduce((product, n) => product * n, 1)),
});

it("gives each layer of a model in a model its variables, and the counter of Keras' Normalization to none", () => {
  const layers = [
    tfl.layers.batchNormalization({ inputShape: [3], center: false, scale: false, trainable: false }),
    tfl.layers.dense({ units: 4 }),
    tfl.layers.batchNormalization({}),
  ];
  tfl.sequential({ layers });
  const stored = layers.map(
    (layer): StoredLayer => ({
      ...{ names: ['model', layer.name], groups: [], layer, isTrainable: layer.trainable },
      variables: (own) => [...own],
    }),
  );
  // Trainable ones first, as Keras 3.15 writes them.
  const dense = [variable('kernel', [3, 4]), variable('bias', [4])];
  const norm = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => variable(name, [4]));
  const statistics = [variable('mean', [3]), variable('variance', [3])];
  const inFile = [
    ...[...dense, ...norm.slice(0, 2)],
    ...[...statistics, variable('count', []), ...norm.slice(2)],
  ];
  expect([...distribute(stored, inFile).values()]).toEqual([statistics, dense, norm]);
});

// Frozen layers, learning rates per layer and averaged weights inside of a training.

import { arraySource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { data, network, smallOptions, weightsOf } from '../testing/small-training.ts';
import { stripes } from '../testing/stripes.ts';
import { fit } from './fit.ts';
import { decayedRates } from './freeze.ts';
import type { TrainingState } from './state.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

/** Values of the layers that `isOne` picks, by weight name. */
const valuesOf = (model: tfl.LayersModel, layers: readonly string[]) =>
  model.layers
    .filter(({ name }) => layers.includes(name))
    .flatMap((layer) => layer.weights.map((weight) => Array.from(weight.read().dataSync())));

test('what is frozen stays as it is, and the rest trains as if it stood alone on its features', async () => {
  const model = await network(2);
  const frozen = ['conv1', 'norm1'];
  // Moving statistics unlike those of any batch: normalizing by the batch would show.
  const [, , mean, variance] = model.getLayer('norm1').weights;
  mean!.write(tf.fill(mean!.shape as number[], 0.3));
  variance!.write(tf.fill(variance!.shape as number[], 2));
  const before = valuesOf(model, frozen);
  const rows = stripes(36, 6, 2);
  const cut = tfl.model({
    inputs: model.inputs,
    outputs: model.getLayer('averagePool1').output as tfl.SymbolicTensor,
  });
  const images = tf.tensor(rows.data, [...rows.shape]);
  const features = (cut.predict(images) as tf.Tensor).dataSync() as Float32Array;
  const tail = await tailOf(model);

  const order = { batchSize: 8, seed: 5, shuffle: true };
  const options = smallOptions(engine, { optimizer: { name: 'sgd', learningRate: 0.1 } });
  const train = arraySource(rows, order);
  await fit(model, { train, validation: train }, { ...options, freeze: 'averagePool1' });
  expect(valuesOf(model, frozen)).toEqual(before);
  expect(model.getLayer('conv1').trainable).toBe(true);

  const onFeatures = arraySource({ ...rows, data: features, shape: [36, 4] }, order);
  await fit(tail, { train: onFeatures, validation: onFeatures }, options);
  const [whole, alone] = [valuesOf(model, ['dense1', 'probability']), weightsOf(tail)];
  // The same sums in the same order; only the features went through float32 arrays in between.
  for (const [i, values] of alone.entries())
    for (const [j, value] of values.entries()) expect(whole[i]![j]).toBeCloseTo(value, 6);
});

/** The layers after the pooling, with the same first weights. */
async function tailOf(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  const tail = tfl.sequential({ name: 'tail' });
  for (const name of ['dropout1', 'dense1', 'probability']) {
    const layer = model.getLayer(name);
    const config = { ...layer.getConfig(), ...(name === 'dropout1' ? { inputShape: [4] } : {}) };
    const Layer = layer.constructor as new (config: object) => tfl.layers.Layer;
    tail.add(new Layer(config));
  }
  for (const name of ['dense1', 'probability'])
    tail.getLayer(name).setWeights(model.getLayer(name).getWeights());
  return tail;
}

test('a layer that is not there, or leaves nothing to train, is refused', async () => {
  const model = await network(1);
  await expect(fit(model, data(), smallOptions(engine, { freeze: 'conv9' }))).rejects.toThrow(
    /no layer "conv9".*conv1, norm1/,
  );
  await expect(fit(model, data(), smallOptions(engine, { freeze: 'probability' }))).rejects.toThrow(
    /Nothing is left to train/,
  );
  expect(model.trainableWeights.length).toBeGreaterThan(0);
});

test('a layer learns at its own rate', async () => {
  const model = await network(3);
  expect([...decayedRates(model, 0.5)]).toEqual([
    ['conv1', 0.125],
    ['norm1', 0.25],
    ['dense1', 0.5],
    ['probability', 1],
  ]);
  const [still, moving] = [valuesOf(model, ['conv1']), valuesOf(model, ['dense1'])];
  const layerRate = (layer: string) => (layer === 'conv1' ? 0 : 1);
  await fit(model, data(), smallOptions(engine, { layerRate }));
  expect(valuesOf(model, ['conv1'])).toEqual(still);
  expect(valuesOf(model, ['dense1'])).not.toEqual(moving);
});

test('averaged weights are what is validated and kept, and a resumed run ends with the same', async () => {
  const states: TrainingState[] = [];
  const options = smallOptions(engine, {
    ema: 0.9,
    optimizer: { name: 'adamw', learningRate: 0.02 },
    checkpoint: (name, state) => void (name === 'last' && states.push(state)),
  });
  const model = await network(4);
  const { history } = await fit(model, data(), options);
  const kept = await evaluate(model, data().validation, { engine });
  expect(history.at(-1)!.valLoss).toBe(kept.loss);
  // The averages are not the weights that trained on.
  expect(weightsOf(model)).not.toEqual(states.at(-1)!.weights.map((w) => Array.from(w.data)));
  const resumed = await network(4);
  await fit(resumed, data(), { ...options, resume: { last: states[0]! } });
  expect(weightsOf(resumed)).toEqual(weightsOf(model));
});

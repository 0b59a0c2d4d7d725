// Networks that end in different ways, each beside itself with the activation that was left out.

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { arraySource } from '@sightline/data';
import { beforeAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../engine/select.ts';
import { exportChecked } from '../onnx/export-checked.ts';
import { smallOptions } from '../testing/small-training.ts';
import { stripes } from '../testing/stripes.ts';
import { fit } from '../train/fit.ts';
import { classifierOutputs } from './classifier-outputs.ts';
import { evaluate } from './evaluate.ts';

beforeAll(() => selectEngine('cpu'));

const L = tfl.layers;
const SIZE = 6;
const source = (classes: number) =>
  arraySource(stripes(12, SIZE, classes), { batchSize: 5, seed: 1, shuffle: false });

const first = () => [
  L.conv2d({ inputShape: [SIZE, SIZE, 3], filters: 3, kernelSize: 3, activation: 'tanh' }),
  L.flatten(),
];
const sequential = (...layers: tfl.layers.Layer[]) => tfl.sequential({ layers });

function add(units: number): tfl.LayersModel {
  const input = tfl.input({ shape: [SIZE, SIZE, 3] });
  const flat = L.flatten().apply(input) as tfl.SymbolicTensor;
  const [a, b] = [0, 1].map(() => L.dense({ units }).apply(flat) as tfl.SymbolicTensor);
  return tfl.model({ inputs: input, outputs: L.add().apply([a!, b!]) as tfl.SymbolicTensor });
}

/** By how they end: networks that give logits for `units` outputs. */
const LOGITS: Record<string, (units: number) => tfl.LayersModel> = {
  'a dense layer': (units) => sequential(...first(), L.dense({ units })),
  'a dense layer without bias': (units) => sequential(...first(), L.dense({ units, useBias: false })),
  'the activation linear': (units) =>
    sequential(...first(), L.dense({ units }), L.activation({ activation: 'linear' })),
  'a normalization': (units) => sequential(...first(), L.dense({ units }), L.batchNormalization()),
  'a sum': add,
  'a convolution, flattened': (units) =>
    sequential(
      L.conv2d({ inputShape: [SIZE, SIZE, 3], filters: units, kernelSize: SIZE }),
      L.dropout({ rate: 0.2 }),
      L.flatten(),
    ),
  'a convolution, in the mean': (units) =>
    sequential(
      L.conv2d({ inputShape: [SIZE, SIZE, 3], filters: units, kernelSize: 3 }),
      L.globalAveragePooling2d({}),
    ),
  'a network in the network': (units) =>
    sequential(...first(), sequential(L.dense({ inputShape: [48], units: 4 }), L.dense({ units }))),
  tanh: (units) => sequential(...first(), L.dense({ units, activation: 'tanh' })),
  'log softmax': (units) => sequential(...first(), L.dense({ units, activation: 'logSoftmax' as 'softmax' })),
};

/** The same network with the activation behind it. */
function withActivation(model: tfl.LayersModel, units: number): tfl.LayersModel {
  const activation = units === 1 ? 'sigmoid' : 'softmax';
  return tfl.model({
    inputs: model.inputs,
    outputs: L.activation({ activation }).apply(model.outputs[0]!) as tfl.SymbolicTensor,
  });
}

describe.each(Object.entries(LOGITS))('a network that ends in %s', (name, build) => {
  // The only row of log softmax of one number is 0.
  const widths = name === 'log softmax' ? [3] : [1, 3];

  test.each(widths)('gives logits of %i units', async (units) => {
    const classes = Math.max(units, 2);
    const model = build(units);
    expect(classifierOutputs(model).gives).toBe('logits');
    const whole = withActivation(model, units);
    expect(classifierOutputs(whole).gives).toBe('probabilities');
    const engine = await selectEngine('cpu');
    const found = await evaluate(model, source(classes), { engine });
    const expected = await evaluate(whole, source(classes), { engine });
    expect(found.loss).toBeCloseTo(expected.loss, 5);
    found.probabilities.forEach((p, i) => {
      expect(p).toBeCloseTo(expected.probabilities[i]!, 6);
    });

    const pixels = Uint8Array.from({ length: 4 * SIZE * SIZE * 3 }, (_, i) => (i * 97) % 256);
    const x = tf.tensor(
      Float32Array.from(pixels, (v) => v / 255),
      [4, SIZE, SIZE, 3],
    );
    const given = (whole.predict(x) as tf.Tensor).dataSync();
    const probabilities = units === 1 ? Array.from(given).flatMap((p) => [1 - p, p]) : given;
    const metadata = {
      classes: Array.from({ length: classes }, (_, k) => `class ${k}`),
      imageSize: [SIZE, SIZE] as [number, number],
    };
    const { difference } = await exportChecked(model, metadata, {
      pixels,
      probabilities: Float32Array.from(probabilities),
    });
    expect(difference).toBeLessThan(1e-5);
  });
});

test('logits are trained as what goes into a softmax', async () => {
  const engine = await selectEngine('cpu');
  const losses: number[][] = [];
  for (const activation of ['linear', 'softmax'] as const) {
    const model = sequential(...first(), L.dense({ units: 3, activation, kernelInitializer: 'zeros' }));
    model.layers[0]!.setWeights([tf.fill([3, 3, 3, 3], 0.05), tf.tensor1d([0.1, 0, -0.1])]);
    const data = { train: source(3), validation: source(3) };
    const { history } = await fit(model, data, smallOptions(engine));
    losses.push(history.flatMap(({ loss, valLoss }) => [loss!, valLoss!]));
  }
  expect(losses[0]).toEqual(losses[1]!.map((loss) => expect.closeTo(loss, 6)));
});

test('a sigmoid of several units is refused before training', async () => {
  const engine = await selectEngine('cpu');
  const model = sequential(...first(), L.dense({ units: 3, activation: 'sigmoid' }));
  const data = { train: source(3), validation: source(3) };
  await expect(fit(model, data, smallOptions(engine))).rejects.toMatchObject({
    code: 'network',
    message: expect.stringMatching(/sigmoid of 3 units.* softmax, or in no activation/),
  });
});

import { arraySource } from '@sightline/data';
import { expect, test } from 'vitest';
import { selectEngine } from '../engine/select.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { stripes } from '../testing/stripes.ts';
import { findLearningRate } from './find-learning-rate.ts';
import { fit } from './fit.ts';
import { readWeights } from './state.ts';

// Of these seeds the first two begin with an easy batch, whose loss is lower than any mean after it.
test.each([1, 2, 3])(
  'seed %i: the suggestion trains where a rate past the end of the curve does not, and weights stay',
  async (seed) => {
    const engine = await selectEngine('onnxruntime', { provider: 'cpu' });
    const rows = stripes(64, 8, 2);
    const source = arraySource(rows, { batchSize: 16, seed: 1, shuffle: true });
    const build = () => buildNetwork('dense-backend', [8, 8, 3], 2, seed);
    const model = await build();
    const before = readWeights(model);
    const optimizer = { name: 'sgd', learningRate: 1 } as const;
    const { curve, suggestion } = await findLearningRate(model, source, { engine, optimizer, to: 100 });
    expect(readWeights(model)).toEqual(before);
    expect(curve[0]!.learningRate).toBeCloseTo(1e-5, 12);
    const lowest = Math.min(...curve.map((point) => point.loss));
    expect(curve.at(-1)!.loss).toBeGreaterThan(lowest);

    const lossAfter = async (learningRate: number) => {
      const data = { train: source, validation: source };
      const { history } = await fit(await build(), data, {
        epochs: 5,
        engine,
        optimizer: { name: 'sgd', learningRate },
      });
      return history.map((record) => record.valLoss!);
    };
    const losses = await lossAfter(suggestion);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.02);
    expect(losses.at(-1)).toBeLessThan((await lossAfter(curve.at(-1)!.learningRate)).at(-1)!);
  },
);

import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { checkExperiment, type Experiment } from './experiment.ts';

const right: Experiment = {
  network: 'baseline',
  epochs: 15,
  batchSize: 128,
  optimizer: { name: 'adam', learningRate: 0.01 },
  augmentation: { horizontalFlip: true, rotation: 20, fill: 'nearest' },
};

test('an experiment passes as it is', () => {
  expect(checkExperiment(right)).toBe(right);
  expect(() => checkExperiment({ ...right, network: () => tfl.sequential() })).not.toThrow();
});

test.each<[object, RegExp]>([
  [{ epochs: 0 }, /epochs: .*>0, but got 0/],
  [{ epochs: '15' }, /epochs: expected number, received string, but got "15"/],
  [{ network: 'resnet' }, /network: expected "baseline", "dense-backend".* or a function .*but got "resnet"/],
  [{ optimizer: { name: 'adagrad', learningRate: 1 } }, /optimizer\.name: .*but got "adagrad"/],
  [
    { optimizer: { name: 'adam' } },
    /optimizer\.learningRate: expected number, received undefined, but got nothing/,
  ],
  [{ imageSize: [64] }, /imageSize/],
  [{ epoch: 3 }, /Unrecognized key: "epoch"/],
  [{ schedule: { name: 'cosine', minimum: 2 } }, /schedule\.minimum: .*but got 2/],
])('%o is refused', (change, message) => {
  expect(() => checkExperiment({ ...right, ...change }, 'sightline.config.ts: baseline')).toThrow(message);
  expect(() => checkExperiment({ ...right, ...change }, 'sightline.config.ts: baseline')).toThrow(
    /^sightline\.config\.ts: baseline: /,
  );
});

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

test.each<[object, string]>([
  [{ epochs: 0 }, 'epochs: expected a number over 0, but got 0.'],
  [{ epochs: '15' }, 'epochs: expected a number, but got "15".'],
  [{ epochs: 1.5 }, 'epochs: expected a whole number, but got 1.5.'],
  [
    { network: 'resnet' },
    'network: expected "baseline", "dense-backend", "residual", "depthwise" or a function (inputShape, classes) => LayersModel, but got "resnet".',
  ],
  [
    { optimizer: { name: 'adagrad', learningRate: 1 } },
    'optimizer.name: expected one of "adam", "sgd", but got "adagrad".',
  ],
  [
    { optimizer: 'adam' },
    'optimizer: expected an object { … }, such as { name: \'adam\', … }, but got "adam".',
  ],
  [{ optimizer: { name: 'adam' } }, 'optimizer.learningRate: expected a number, but got nothing.'],
  [
    { optimizer: { name: 'sgd', learningRate: 1, beta1: 0.9 } },
    'optimizer: there is no "beta1" here. Expected some of name, learningRate, momentum, nesterov.',
  ],
  [{ imageSize: 64 }, 'imageSize: expected [height, width], two whole numbers over 0, but got 64.'],
  [{ interpolation: 'cubic' }, 'interpolation: expected one of "nearest", "bilinear",'],
  [{ epoch: 3 }, 'there is no "epoch" here. Expected some of network, input, imageSize,'],
  [
    { schedule: { name: 'cosine', minimum: 2 } },
    'schedule.minimum: expected a number of 1 or less, but got 2.',
  ],
  [
    { schedule: { name: 'cosin' } },
    'schedule.name: expected one of "constant", "step", "cosine", but got "cosin".',
  ],
  [{ labelSmoothing: 1 }, 'labelSmoothing: expected a number under 1, but got 1.'],
  [{ classWeights: 'balance' }, 'classWeights: expected "balanced" or a list of numbers, but got "balance".'],
  [{ earlyStopping: { patience: 2, monitor: 'acc' } }, 'earlyStopping.monitor: expected one of "loss",'],
  [{ earlyStopping: 3 }, 'earlyStopping: expected an object { … }, but got 3.'],
  [{ restoreBest: 'yes' }, 'restoreBest: expected true or false, but got "yes".'],
])('%o is refused', (change, message) => {
  expect(() => checkExperiment({ ...right, ...change }, 'sightline.config.ts: baseline')).toThrow(
    `sightline.config.ts: baseline: ${message}`,
  );
});

import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { BACKBONE_NAMES, BACKBONES, loadBackbone } from '../backbones.ts';
import { type ExperimentInput, parseExperiment } from './experiment.ts';
import { experimentFields } from './fields.ts';

const valid: ExperimentInput = {
  network: 'baseline',
  epochs: 15,
  batchSize: 128,
  optimizer: { name: 'adam', learningRate: 0.01 },
  augmentation: { horizontalFlip: true, rotation: 20, fill: 'nearest' },
};

test('defaults are filled in, and a parsed experiment is one again', () => {
  const experiment = parseExperiment(valid);
  expect(experiment).toMatchObject({
    ...valid,
    backbone: null,
    imageSize: [64, 64],
    optimizer: { name: 'adam', learningRate: 0.01, beta1: 0.9, epsilon: 1e-7 },
    schedule: { name: 'constant', warmupEpochs: 0 },
    keep: 'best',
    fineTune: null,
  });
  expect(parseExperiment(experiment)).toEqual(experiment);
  expect(() => parseExperiment({ ...valid, network: () => tfl.sequential() })).not.toThrow();
});

test('nothing at all is the transfer recipe', () => {
  const transfer = { network: 'logistic', backbone: 'efficientnet-lite0', imageSize: [224, 224] };
  expect(parseExperiment({})).toMatchObject(transfer);
  expect(parseExperiment({ network: 'logistic', fineTune: true })).toMatchObject({
    ...transfer,
    fineTune: { blocks: 5, learningRate: 0.001, layerDecay: 0.7 },
  });
  expect(parseExperiment({ backbone: 'vgg16', fineTune: true })).toMatchObject({
    network: 'logistic',
    backbone: 'vgg16',
    fineTune: { blocks: 1, learningRate: 0.0001 },
  });
  expect(parseExperiment({ backbone: 'vgg16', fineTune: { blocks: 2 } })).toMatchObject({
    fineTune: { blocks: 2, learningRate: 0.0001 },
  });
  expect(parseExperiment({ backbone: 'dino.onnx' })).toMatchObject({ backbone: 'dino.onnx' });
});

test.each(BACKBONE_NAMES)('images are refused that %s does not take', async (backbone) => {
  const { minimumSize } = await loadBackbone(backbone);
  expect(BACKBONES[backbone].minimumSize).toBe(minimumSize);
  expect(() => parseExperiment({ backbone, imageSize: [minimumSize, 4096] })).not.toThrow();
  for (const side of [minimumSize - 1, 4097]) {
    const expected = `imageSize: expected sides from ${minimumSize} to 4096 pixels for ${backbone}, but got [64,${side}].`;
    expect(() => parseExperiment({ backbone, imageSize: [64, side] })).toThrow(expected);
  }
});

test('fields of earlier versions are read', () => {
  const old = { network: 'dense-backend', input: 'vgg16-features', restoreBest: false };
  expect(parseExperiment(old)).toMatchObject({ backbone: 'vgg16', keep: 'last' });
  expect(parseExperiment({ ...valid, input: 'images', restoreBest: true })).toMatchObject({
    backbone: null,
    keep: 'best',
  });
  expect(() => parseExperiment({ ...valid, input: 'sounds' })).toThrow(/there is no "input" here/);
});

test.each<[object, string]>([
  [{ epochs: 0 }, 'epochs: expected a whole number of 1 or more, but got 0.'],
  [{ epochs: '15' }, 'epochs: expected a whole number of 1 or more, but got "15".'],
  [
    { network: 'resnet' },
    'network: expected one of logistic, baseline, dense-backend, residual, depthwise, airbench or a function (inputShape, classes) => LayersModel, but got "resnet".',
  ],
  [
    { backbone: 'vgg19' },
    `backbone: expected one of ${BACKBONE_NAMES.join(', ')}, a file that ends in .onnx, or null, but got "vgg19".`,
  ],
  [
    { backbone: null, network: 'logistic' },
    'backbone: expected a backbone, as network "logistic" is trained on its features, but got null.',
  ],
  [
    { network: 'baseline', fineTune: true },
    'fineTune: expected null, as fine-tuning starts from network "logistic", but got true.',
  ],
  [
    { optimizer: { name: 'adagrad', learningRate: 1 } },
    'optimizer.name: expected one of adam, adamw, sgd, but got "adagrad".',
  ],
  [{ optimizer: 'adam' }, 'optimizer: expected an object such as { name: \'adam\' }, but got "adam".'],
  [
    { optimizer: { name: 'sgd', learningRate: 1, beta1: 0.9 } },
    'optimizer: there is no "beta1" here. Expected some of name, learningRate, momentum, nesterov, weightDecay, offsetRate.',
  ],
  [{ imageSize: 64 }, 'imageSize: expected [height, width], two whole numbers of 1 or more, but got 64.'],
  [{ interpolation: 'cubic' }, 'interpolation: expected one of nearest, bilinear,'],
  [{ epoch: 3 }, 'there is no "epoch" here. Did you mean "epochs"?'],
  [
    { schedule: { name: 'cosine', minimum: 2 } },
    'schedule.minimum: expected a number from 0 to 1, but got 2.',
  ],
  [{ labelSmoothing: 1 }, 'labelSmoothing: expected a number of 0 or more and below 1, but got 1.'],
  [{ classWeights: 'balance' }, 'classWeights: expected "balanced", or a list of numbers of 0 or more'],
  [{ earlyStopping: { patience: 2, monitor: 'acc' } }, 'earlyStopping.monitor: expected one of loss,'],
  [{ earlyStopping: 3 }, 'earlyStopping: expected an object { … }, but got 3.'],
  [{ data: { groups: 'a' } }, 'data: there is no "groups" here. Did you mean "group"?'],
  [{ data: { columns: { path: '' } } }, 'data.columns.path: expected the name of a column, but got "".'],
  [
    { data: { validationFraction: 1 } },
    'data.validationFraction: expected a number over 0 and below 1, but got 1.',
  ],
  [{ keep: 'first' }, 'keep: expected one of best, last, but got "first".'],
])('%o is refused', (change, message) => {
  expect(() => parseExperiment({ ...valid, ...change }, 'sightline.config.ts: baseline')).toThrow(
    `sightline.config.ts: baseline: ${message}`,
  );
});

test('every field is described, and has a default unless it says so', () => {
  const fields = experimentFields();
  for (const { name, description } of fields) expect(description, name).toMatch(/^[A-Z"].*\.$/);
  const named = (name: string) => fields.filter((field) => field.name === name);
  expect(named('epochs')).toEqual([
    { name: 'epochs', description: 'Passes over the training images.', type: 'integer', default: 15 },
  ]);
  expect(named('optimizer.name')[0]!.choices).toEqual(['adam', 'adamw', 'sgd']);
  expect(named('optimizer.learningRate').map((field) => [field.default, field.variants])).toEqual([
    [0.001, ['adam', 'adamw']],
    [0.01, ['sgd']],
  ]);
  expect(named('freeze')[0]).toMatchObject({ type: 'string', default: null });
  expect(named('backbone')[0]!.choices).toEqual(BACKBONE_NAMES);
});

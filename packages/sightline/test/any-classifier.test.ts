// Classifiers that Sightline did not train: ONNX files of other tools, Teachable Machine's export, Keras files. Expected
// probabilities are Python's (tooling/fixtures/foreign_onnx.py) or TensorFlow.js' own cpu backend's.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage } from '@sightline/data';
import { saveKeras, saveModel, selectEngine } from '@sightline/models';
import { readRun } from '@sightline/runs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { buildReport, openModel } from '../src/index.ts';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const place = (name: string) => fileURLToPath(new URL(`fixtures/foreign/${name}`, import.meta.url));
const { images, models } = JSON.parse(readFileSync(place('expected.json'), 'utf8')) as {
  images: string[];
  models: Record<string, { probabilities: number[][] }>;
};
const photos = images.map(place);
const folder = temporaryFolder('any-classifier');

test('predict reads an ONNX file of another tool, and says what it assumes', async () => {
  const names = join(folder, 'names.txt');
  writeFileSync(names, 'cat\ndog\nbird\n');
  const options = ['--classes', names, '--input-range', 'imagenet', '--json'];
  const { code, stdout } = await call('predict', place('torch.onnx'), ...photos, ...options);
  expect(code).toBe(0);
  const rows = (JSON.parse(stdout) as { probabilities: Record<string, number> }[]).map(
    (row) => row.probabilities,
  );
  rows.forEach((row, i) => {
    const [cat, dog, bird] = models.torch?.probabilities[i] ?? [];
    expect(row).toEqual({
      cat: expect.closeTo(cat!, 4),
      dog: expect.closeTo(dog!, 4),
      bird: expect.closeTo(bird!, 4),
    });
  });
  const said = await call('predict', place('torch.onnx'), ...photos, '--classes', 'a,b,c');
  expect(said.stderr).toMatch(
    /takes RGB images of 24x32 \(NCHW\)\.\n.*bilinear\.\nAssumed: pixel values from 0 to 1\./,
  );
  expect(said.stdout).toMatch(/3 images: /);
  // Local functions (an empty field 25): a chain of them overflows the stack of ONNX Runtime.
  const hostile = join(folder, 'functions.onnx');
  writeFileSync(hostile, Buffer.concat([readFileSync(place('torch.onnx')), Uint8Array.of(0xca, 1, 0)]));
  const refused = await call('predict', hostile, ...photos, '--classes', 'a,b,c');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/functions\.onnx has local functions/),
  });
  const unnamed = await call('predict', place('torch.onnx'), ...photos);
  expect(unnamed).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not name its 3 classes/) });
});

test('evaluate measures an ONNX file of another tool', async () => {
  const data = writePhotographs({ train: 1, validation: 3 });
  const options = ['--classes', 'bright,dark', '--data', data, '--json'];
  const { code, stdout } = await call('evaluate', place('bytes.onnx'), ...options);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ images: 6, classes: ['bright', 'dark'] });
});

test('an evaluation is saved as a run, which is compared and reported beside others', async () => {
  const data = writePhotographs({ train: 2, validation: 4 });
  const save = (name: string) => join(folder, 'runs', name);
  for (const [name, order] of [
    ['one', 'bright,dark'],
    ['other', 'dark,bright'],
  ] as const) {
    const options = ['--classes', order, '--data', data, '--save', save(name)];
    expect((await call('evaluate', place('bytes.onnx'), ...options)).code).toBe(0);
  }
  expect(readRun(save('one'))).toMatchObject({
    run: {
      experiment: 'one',
      status: 'complete',
      config: { network: 'bytes', imageSize: [24, 32] },
      metrics: { best: null },
    },
    history: [],
  });
  const compared = await call('compare', save('one'), save('other'), '--json');
  expect(JSON.parse(compared.stdout)).toMatchObject({ metrics: [{ name: 'one' }, { name: 'other' }] });
  const again = await call(
    'evaluate',
    place('bytes.onnx'),
    '--classes',
    'bright,dark',
    '--data',
    data,
    '--save',
    save('one'),
  );
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/There is a run in .*one already/) });
  const site = await buildReport({ runs: join(folder, 'runs'), out: join(folder, 'site') });
  expect(site.broken).toEqual([]);
});

const initializer = (seed: number) => tfl.initializers.glorotUniform({ seed });
const features = () => [
  tfl.layers.conv2d({
    ...{ inputShape: [32, 32, 3], filters: 4, kernelSize: 3, strides: 2 },
    kernelInitializer: initializer(1),
  }),
  tfl.layers.reLU({ maxValue: 6 }),
  tfl.layers.globalAveragePooling2d({}),
];
const classifier = () =>
  tfl.layers.dense({ units: 3, activation: 'softmax', inputShape: [4], kernelInitializer: initializer(2) });

/** A Sequential of two, as Teachable Machine has MobileNet and its head. */
function nested(): tfl.LayersModel {
  const model = tfl.sequential();
  model.add(tfl.sequential({ layers: features() }));
  model.add(tfl.sequential({ layers: [classifier()] }));
  return model;
}

/** Probabilities by TensorFlow.js' cpu backend of the photos' pixels, brought to `size` and then through `normalize`. */
async function byTensorFlow(
  model: tfl.LayersModel,
  fit: 'crop' | 'stretch',
  normalize: (x: tf.Tensor) => tf.Tensor,
) {
  const rows: number[][] = [];
  for (const photo of photos) {
    const { data } = await decodeImage(readFileSync(photo), {
      size: [32, 32],
      interpolation: 'bilinear',
      fit,
    });
    const x = tf.tensor(Float32Array.from(data), [1, 32, 32, 3]);
    rows.push([...(model.predict(normalize(x)) as tf.Tensor).dataSync()]);
  }
  return rows;
}

const labels = ['rock', 'paper', 'scissors'];
const teachable = join(folder, 'teachable');
let byHalves: number[][];
let byImageNet: number[][];
beforeAll(async () => {
  // TensorFlow.js' own kernels.
  await selectEngine('cpu');
  const model = nested();
  mkdirSync(teachable);
  await saveModel(model, teachable);
  writeFileSync(
    join(teachable, 'metadata.json'),
    JSON.stringify({ tfjsVersion: '1.3.1', packageName: '@teachablemachine/image', imageSize: 32, labels }),
  );
  byHalves = await byTensorFlow(model, 'crop', (x) => tf.sub(tf.div(x, 127.5), 1));
  const flat = tfl.sequential({ layers: [...features(), classifier()] });
  await saveKeras(flat, join(folder, 'foreign.keras'));
  const [mean, deviation] = [tf.tensor([0.485, 0.456, 0.406]), tf.tensor([0.229, 0.224, 0.225])];
  byImageNet = await byTensorFlow(flat, 'stretch', (x) => tf.div(tf.sub(tf.div(x, 255), mean), deviation));
});

const close = (expected: number[][], classes: readonly string[]) =>
  expected.map((row) =>
    Object.fromEntries(classes.map((name, k) => [name, expect.closeTo(row[k] ?? Number.NaN, 5)])),
  );

test("Teachable Machine's export brings its labels, its range and its middle crop", async () => {
  const model = await openModel(teachable);
  expect(model).toMatchObject({ classes: labels, imageSize: [32, 32] });
  expect(model.assumptions).toEqual([
    expect.stringMatching(/export of Teachable Machine: pixel values from -1 to 1/),
  ]);
  const { predictions } = await model.predict(photos);
  expect(predictions.map(({ probabilities }) => probabilities)).toEqual(close(byHalves, labels));
  await model.release();
});

test('an export of Teachable Machine whose labels are too few is told by the file that has them', async () => {
  const other = join(folder, 'other-labels');
  cpSync(teachable, other, { recursive: true });
  writeFileSync(join(other, 'metadata.json'), JSON.stringify({ labels: labels.slice(1) }));
  await expect(openModel(other)).rejects.toThrow(
    /has 3 classes, but .*metadata\.json names 2 \(paper and scissors\)/,
  );
});

test('a Keras file takes any range, and is exported with it', async () => {
  const classes = ['a', 'b', 'c'];
  const model = await openModel(join(folder, 'foreign.keras'), { classes, inputRange: 'imagenet' });
  const { predictions } = await model.predict(photos);
  expect(predictions.map(({ probabilities }) => probabilities)).toEqual(close(byImageNet, classes));
  const file = join(folder, 'foreign.onnx');
  await model.export('onnx', file);
  await model.release();
  expect(existsSync(file)).toBe(true);
  const exported = await openModel(file);
  expect(exported.assumptions).toEqual([]);
  const again = await exported.predict(photos);
  expect(again.predictions.map(({ probabilities }) => probabilities)).toEqual(close(byImageNet, classes));
  await exported.release();
});

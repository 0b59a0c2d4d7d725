// A pretrained network from an ONNX file: its features are those of the program that made it, and a classifier on them
// goes from training to a file that needs nothing else.

import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBackbone } from '@sightline/backbone';
import { loadBackbone } from '@sightline/models';
import { type Dim, encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { Session } from '@sightline/ort';
import { readRun } from '@sightline/runs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../src/index.ts';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const folder = temporaryFolder('file-backbone');
const network = join(folder, 'net.onnx');
const photos = writePhotographs({ train: 12, validation: 6 });
const run = join(folder, 'runs/transfer');
const args = ['--backbone', network, '--input-range', 'imagenet', '--image-size', '32'];
let trained: Awaited<ReturnType<typeof call>>;

/** The heights of all images that ONNX Runtime is given in this process. */
const heightsHere: (number | undefined)[] = [];
const { run: runHere } = Session.prototype;
Session.prototype.run = function (this: Session, ...args) {
  if (args[0].image) heightsHere.push(args[0].image.dims[1]);
  return runHere.apply(this, args);
};
afterAll(() => {
  Session.prototype.run = runHere;
});

beforeAll(async () => {
  copyFileSync(fixture('torch-backbone.onnx'), network);
  trained = await call('train', photos, ...args, '--out', join(folder, 'runs'));
});

test('gives the features that PyTorch gives', async () => {
  const backbone = await loadBackbone(network, undefined, 'imagenet');
  expect(backbone).toMatchObject({ name: 'net.onnx', imageSize: [32, 32] });
  expect(backbone.assumption).toBeUndefined();
  const opened = await openBackbone(backbone);
  const pixels = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => (i * 7) % 251);
  const features = await opened.features(pixels, 2);
  opened.release();
  const expected = JSON.parse(readFileSync(fixture('torch-backbone.json'), 'utf8')) as number[];
  expect(features).toHaveLength(expected.length);
  // Layer normalization divides by a small deviation.
  for (const [i, value] of features.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
});

test('is trained on, and its classifier needs the file no more', async () => {
  expect(trained).toMatchObject({ code: 0 });
  const { run: record, predictions } = readRun(run);
  expect(record.config).toMatchObject({ network: 'logistic', inputRange: 'imagenet' });
  const rows = predictions();
  const path = (row: { path: string }) => join(photos, row.path);
  rmSync(network);
  const exported = join(folder, 'exported.onnx');
  expect(await call('export', run, '--format', 'onnx', '--out', exported)).toMatchObject({ code: 0 });
  for (const from of [run, exported]) {
    const model = await openModel(from);
    const { predictions: again } = await model.predict(rows.map(path));
    await model.release();
    again.forEach(({ probabilities }, i) => {
      expect(Math.abs(probabilities.dark! - rows[i]!.score)).toBeLessThan(1e-4);
    });
  }
  // Random weights: in 8 bits probabilities move more than a trained network's.
  for (const [precision, tolerance] of [
    ['fp16', 0.01],
    ['int8', 0.2],
  ] as const) {
    const file = join(folder, `${precision}.onnx`);
    const out = await call('export', run, '--format', 'onnx', '--precision', precision, '--out', file);
    expect(out).toMatchObject({ code: 0, stdout: expect.stringContaining(precision) });
    expect(statSync(file).size).toBeLessThan(statSync(exported).size);
    const model = await openModel(file);
    const { predictions: again } = await model.predict(rows.map(path));
    await model.release();
    again.forEach(({ probabilities }, i) => {
      expect(Math.abs(probabilities.dark! - rows[i]!.score)).toBeLessThan(tolerance);
    });
  }
  const evaluated = JSON.parse((await call('evaluate', run, '--json')).stdout);
  expect(evaluated.accuracy).toBeCloseTo(record.metrics!.validation.accuracy, 6);
  copyFileSync(fixture('torch-backbone.onnx'), network);
});

test('runs in a process of its own only, in training, evaluation, exports and their checks', () => {
  // EfficientNet-Lite0's classes of some images, for the report.
  expect(heightsHere).toContain(224);
  expect(heightsHere).not.toContain(32);
});

test('its features are kept by the contents of the file and by the pixel values', async () => {
  const again = async (...more: string[]) =>
    (await call('train', photos, ...args, '--out', join(folder, 'runs'), ...more)).stderr;
  const kept = /The features of 36 images are reused/;
  expect(await again()).toMatch(kept);
  expect(await again('--input-range', '-1-1')).not.toMatch(kept);
  write(network, ['N', 3, 32, 32], ['N', 3]);
  expect(await again()).not.toMatch(kept);
  expect(await again()).toMatch(kept);
});

/** A network of means over places. */
function write(
  path: string,
  shape: readonly Dim[],
  output: readonly Dim[],
  dtype: 'float32' | 'uint8' = 'float32',
) {
  const g = new GraphBuilder('means');
  const x = op.cast(g, g.input('x', dtype, shape), 'float32');
  const means = op.reduceMean(g, x, shape[1] === 3 ? [2, 3] : [1, 2], false);
  g.output('y', output.length === 2 ? means : op.reshape(g, means, ['N', 3, 1, 1]));
  writeFileSync(path, encodeModel(g.build()));
}

test.each<[string, readonly Dim[], readonly Dim[], 'float32' | 'uint8']>([
  ['bytes, channels last', ['N', 'height', 'width', 3], ['N', 3], 'uint8'],
  ['bytes, channels first', ['N', 3, 'height', 'width'], ['N', 3], 'uint8'],
  ['floats, channels last, 1 x 1 places left', ['N', 'height', 'width', 3], ['N', 3, 1, 1], 'float32'],
])('takes %s', async (_, shape, output, dtype) => {
  const path = join(folder, 'means.onnx');
  write(path, shape, output, dtype);
  const opened = await openBackbone(await loadBackbone(path, undefined, '0-255'), { imageSize: [2, 1] });
  const features = await opened.features(Uint8Array.of(10, 20, 30, 20, 40, 60), 1);
  opened.release();
  expect([...features].map(Math.round)).toEqual([15, 30, 45]);
});

test('what cannot be used is refused with a sentence', async () => {
  const bytes = join(folder, 'bytes.onnx');
  write(bytes, ['N', 3, 32, 32], ['N', 3], 'uint8');
  await expect(loadBackbone(bytes, undefined, 'imagenet')).rejects.toThrow(/takes bytes: leave out/);
  await expect(loadBackbone(join(folder, 'none.onnx'))).rejects.toThrow(/there is no such file/);
  await expect(loadBackbone('vgg16', undefined, '0-1')).rejects.toThrow(/knows its pixel values/);
  const floats = await loadBackbone(network);
  expect(floats.assumption).toMatch(/Assumed of net\.onnx: pixel values from 0 to 1\. .*--input-range/);
  await expect(openBackbone(floats, { imageSize: [64, 64] })).rejects.toThrow(
    /takes images of 32x32 only: add --image-size 32/,
  );
  const one = new GraphBuilder('one');
  one.output('y', op.reshape(one, one.input('x', 'float32', [1, 3, 4, 4]), [1, 48]));
  const single = join(folder, 'single.onnx');
  writeFileSync(single, encodeModel(one.build()));
  await expect(loadBackbone(single)).rejects.toThrow(/takes one image at a time/);
  const map = new GraphBuilder('map');
  map.output('y', op.relu(map, map.input('x', 'float32', ['N', 3, 4, 4])));
  writeFileSync(single, encodeModel(map.build()));
  await expect(loadBackbone(single)).rejects.toThrow(/expected a vector of features per image/);
  expect((await call('train', photos, ...args, '--fine-tune')).stderr).toMatch(
    /fineTune: expected null, as of backbones only efficientnet-lite0 and vgg16 are fine-tuned/,
  );
});

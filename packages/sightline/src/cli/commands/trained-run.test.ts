/** What a run is good for once it is trained: evaluation, prediction, export, comparison. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '@sightline/predict';
import { layerTableSchema, readJson, readRun } from '@sightline/runs';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { call } from '../../../test/call.ts';
import { temporaryFolder } from '../../../test/photographs.ts';
import { smallTraining } from '../../../test/small-training.ts';
import { openModel } from '../../index.ts';

const { folder, photographs, train, plain } = smallTraining();

beforeAll(async () => {
  expect((await train('first', '--experiment', 'plain')).code).toBe(0);
});

test('a trained run has everything that its schema and the site want', () => {
  const { run, history, predictions } = readRun(plain('first'));
  expect(run).toMatchObject({
    experiment: 'plain',
    status: 'complete',
    seed: 1,
    engine: { name: 'onnxruntime', provider: 'cpu' },
    data: { classes: ['bright', 'dark'], counts: { train: [24, 24], validation: [8, 8] } },
    config: { network: 'baseline', epochs: 6, augmentation: { rotation: 10 } },
    metrics: { validation: { accuracy: 1 }, collapsed: null },
  });
  expect(run.command).toContain('--experiment plain');
  expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(predictions()).toHaveLength(16);
  for (const name of ['kernels.npy', 'layers.json', 'thumbnails.jsonl', 'augmented.json']) {
    expect(existsSync(join(plain('first'), 'artifacts', name))).toBe(true);
  }
  expect(existsSync(join(plain('first'), 'model.onnx'))).toBe(true);
});

test('a trained run evaluates to what it recorded, once its model is loaded again', async () => {
  const { stdout } = await call('evaluate', plain('first'), '--data', photographs, '--json');
  const { validation, splits: all } = readRun(plain('first')).run.metrics!;
  expect(JSON.parse(stdout)).toMatchObject({
    images: 16,
    ...validation,
    metrics: all!.validation,
    confusion: [
      [8, 0],
      [0, 8],
    ],
  });
});

test('a loss that is more than the cross-entropy says so', async () => {
  const said = async (path: string) =>
    (await call('evaluate', path, '--data', photographs)).stderr.includes('penalty on large weights (L2)');
  expect(await said(plain('first'))).toBe(true);
  // ONNX files hold no penalties.
  expect(await said(join(plain('first'), 'model.onnx'))).toBe(false);
});

test('the metrics of a trained run on training images are of the images as they are, not augmented', async () => {
  const options = ['--data', photographs, '--split', 'train', '--json'];
  const { stdout } = await call('evaluate', plain('first'), ...options);
  const { splits: all } = readRun(plain('first')).run.metrics!;
  expect(JSON.parse(stdout).metrics).toEqual(all!.train);
  const byModel = await call('evaluate', join(plain('first'), 'model'), ...options);
  expect(JSON.parse(byModel.stdout).metrics).toMatchObject({
    images: 48,
    accuracy: all!.train!.accuracy,
  });
});

test('a trained run predicts files and folders', async () => {
  const paths = [join(photographs, 'validation/dark'), join(photographs, 'train/bright/0.png')];
  const { stdout } = await call('predict', plain('first'), ...paths, '--json');
  const rows = JSON.parse(stdout) as {
    path: string;
    predicted: string;
    probabilities: Record<string, number>;
  }[];
  expect(rows.map(({ predicted }) => predicted)).toEqual([...Array(8).fill('dark'), 'bright']);
  for (const { probabilities } of rows) {
    expect((probabilities.bright ?? 0) + (probabilities.dark ?? 0)).toBeCloseTo(1, 6);
  }
});

test('a trained run predicts by its model alone, in either format, the same', async () => {
  const paths = [join(photographs, 'validation/dark'), join(photographs, 'train/bright/0.png')];
  const predict = async (model: string) => {
    const { stdout } = await call('predict', model, ...paths, '--batch-size', '3', '--format', 'jsonl');
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { probabilities: { dark: number } });
  };
  const alone = join(folder, 'alone');
  cpSync(join(plain('first'), 'model'), alone, { recursive: true });
  cpSync(join(plain('first'), 'model.onnx'), join(folder, 'alone.onnx'));
  const rows = await predict(plain('first'));
  expect(rows).toHaveLength(9);
  expect(await predict(alone)).toEqual(rows);
  const byOnnx = await predict(join(folder, 'alone.onnx'));
  rows.forEach(({ probabilities: { dark } }, i) => {
    // Two runtimes add the same float32 numbers in other orders.
    expect(byOnnx[i]!.probabilities.dark).toBeCloseTo(dark, 5);
  });
});

test('a trained run is exported to Keras, which predicts and evaluates by itself, the same', async () => {
  const image = join(photographs, 'train/bright/0.png');
  const predicted = async (model: string) =>
    JSON.parse((await call('predict', model, image, '--json')).stdout)[0].probabilities as object;
  const expected = await predicted(plain('first'));
  const { metrics } = readRun(plain('first')).run;
  for (const ending of ['keras', 'h5']) {
    const path = join(folder, `plain.${ending}`);
    expect((await call('export', plain('first'), '--format', 'keras', '--out', path)).code).toBe(0);
    expect(await predicted(path)).toEqual(expected);
    const { stdout } = await call('evaluate', path, '--data', photographs, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ accuracy: metrics!.validation.accuracy, images: 16 });
    const told = await call('predict', path, image, '--classes', 'a,b');
    expect(told).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/names its classes \(bright, dark\)/),
    });
  }
  const onnx = JSON.parse(
    (await call('evaluate', join(plain('first'), 'model.onnx'), '--data', photographs, '--json')).stdout,
  );
  expect(onnx).toMatchObject({ accuracy: metrics!.validation.accuracy, images: 16 });
});

test('a network that Keras wrote is asked for what it does not say, and then predicts', async () => {
  const keras = fileURLToPath(
    new URL('../../../../models/test/fixtures/keras-files/functional.keras', import.meta.url),
  );
  const image = join(photographs, 'train/bright/0.png');
  const { code, stderr } = await call('predict', keras, image);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /functional\.keras does not name its 2 classes: name them .* with --classes name0,name1, or --classes FILE/,
  );
  expect((await call('predict', keras, image, '--classes', 'a,b,c')).stderr).toMatch(
    /has 2 classes, but --classes names 3 \(a, b and c\)/,
  );
  const told = await call('predict', keras, image, '--classes', 'dark,bright', '--json');
  const [{ probabilities }] = JSON.parse(told.stdout);
  expect(probabilities.dark + probabilities.bright).toBeCloseTo(1, 6);
  const bytes = await call(
    'predict',
    keras,
    image,
    '--classes',
    'dark,bright',
    '--input-range',
    '0-255',
    '--json',
  );
  expect(JSON.parse(bytes.stdout)[0].probabilities).not.toEqual(probabilities);
  const dataset = await call('evaluate', keras, '--data', photographs, '--classes', 'bright,dark', '--json');
  expect(JSON.parse(dataset.stdout)).toMatchObject({ images: 16, classes: ['bright', 'dark'] });
});

test('a trained run predicts what can be read, names what can not, and fails', async () => {
  const text = join(folder, 'text.png');
  writeFileSync(text, 'not an image');
  const good = join(photographs, 'train/bright/0.png');
  const { code, stdout, stderr } = await call('predict', plain('first'), text, good, '--format', 'csv');
  expect(stdout).toMatch(/^path,predicted,bright,dark\n.*0\.png,bright,0\.\d+,0\.\d+\n$/);
  expect(stderr).toMatch(/text\.png can't be read as an image: .*\n.*1 image of 2 could not be read/);
  expect(code).toBe(1);
});

test('a trained run is exported, and compared with another', async () => {
  const path = join(folder, 'plain.onnx');
  const exported = await call('export', plain('first'), '--format', 'onnx', '--out', path);
  expect(exported).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/plain\.onnx \(fp32, \d+ kB\)\n$/),
  });
  expect(exported.stderr).toContain("Gives the model's probabilities on 16 images.");
  expect(readFileSync(path).equals(readFileSync(join(plain('first'), 'model.onnx')))).toBe(true);
  await train('other', '--experiment', 'plain', '--seed', '2');
  const { stdout } = await call('compare', plain('first'), plain('other'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    differences: [{ field: 'seed', values: [1, 2] }],
    pairs: [{ images: 16 }],
  });
  const compared = await call('compare', plain('first'), plain('other'));
  expect(compared.stdout).toMatch(/McNemar/);
  expect(compared.stdout).toContain(`${plain('other')} `);
  const collapsed = join(folder, 'halves-of-them', 'collapsing');
  await train('halves-of-them', '--experiment', 'collapsing');
  const lists = (await call('compare', plain('first'), collapsed)).stdout;
  expect(lists).toMatch(/Only plain is right on:\n {2}validation\/\w+\/\d\.png\n/);
  expect(lists).toContain('and 3 more; --images lists all');
  expect((await call('compare', plain('first'), collapsed, '--images')).stdout).not.toContain('more;');
});

test('a trained run is exported without its images too, but told that nothing was compared', async () => {
  const path = join(folder, 'alone.onnx');
  const model = join(plain('first'), 'model');
  const { code, stderr } = await call('export', model, '--format', 'onnx', '--out', path);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Not compared .* name a folder of images with --data DIR\.\n/);
  const { stdout } = await call(
    'export',
    model,
    '--format',
    'onnx',
    '--out',
    path,
    '--data',
    photographs,
    '--json',
  );
  expect(JSON.parse(stdout).checked.images).toBe(16);
  expect(JSON.parse(stdout).checked.difference).toBeLessThan(1e-4);
  const empty = temporaryFolder('no-images');
  const refused = await call('export', model, '--format', 'onnx', '--out', `${path}.not`, '--data', empty);
  expect(refused.code).toBe(1);
  expect(existsSync(`${path}.not`)).toBe(false);
});

test('@sightline/predict gives the probabilities of the run from its model.onnx, whatever the photo', async () => {
  const photos = ['a.jpg', 'b.png', 'c.webp', 'd.jpg'].map((name) => join(folder, name));
  for (const [i, photo] of photos.entries()) {
    // Larger and smaller than the network's images, in other shapes; the last one has an embedded color profile.
    const picture = sharp(join(photographs, `validation/${i % 2 ? 'dark' : 'bright'}/${i}.png`)).resize(
      40 + 37 * i,
      150 - 31 * i,
      { fit: 'fill' },
    );
    await (i === 3 ? picture.withIccProfile('p3') : picture).toFile(photo);
  }
  const ours = await openModel(plain('first'));
  const { predictions } = await ours.predict(photos);
  await ours.release();
  const exported = await load(join(plain('first'), 'model.onnx'));
  const theirs = await exported.predictAll(photos);
  await exported.release();
  expect(theirs.map(({ className }) => className)).toEqual(['bright', 'dark', 'bright', 'dark']);
  for (const [i, { probabilities }] of predictions.entries()) {
    for (const { className, probability } of theirs[i]!.probabilities) {
      // Other batches of a float32 network.
      expect(Math.abs(probability - probabilities[className]!)).toBeLessThan(1e-5);
    }
  }
});

test('summary of an ONNX file tells its inputs, outputs, operators and parameters; other commands say what it is', async () => {
  const file = join(plain('first'), 'model.onnx');
  const { stdout } = await call('summary', file, '--json');
  const { total: parameters } = readJson(join(plain('first'), 'artifacts/layers.json'), layerTableSchema);
  const contents = JSON.parse(stdout);
  expect(contents).toMatchObject({ inputs: [{ dtype: 'uint8' }], outputs: [{ name: 'probabilities' }] });
  expect(contents.operators.Conv).toBeGreaterThan(0);
  // The graph holds the weights of the layers, and some numbers of its own.
  expect(contents.parameters).toBeGreaterThanOrEqual(parameters);
  expect(contents.parameters).toBeLessThan(parameters + 1000);
  expect((await call('summary', file)).stdout).toMatch(/^input .*uint8/m);
  for (const command of ['suspects', 'report']) {
    const { code, stderr } = await call(command, file);
    expect(code).toBe(1);
    expect(stderr).toContain('is a file: expected');
  }
});

test.each([
  ['export', ['--format', 'tfjs', '--out', join(folder, 'next')], /predict .*next IMAGE\.\.\.$/],
  [
    'export',
    ['--format', 'keras', '--out', join(folder, 'next.keras')],
    /predict .*next\.keras IMAGE\.\.\.$/,
  ],
  ['summary', [], /predict .*plain IMAGE\.\.\.$/],
  ['predict', [join(photographs, 'validation')], /predict .*plain IMAGE\.\.\. --copy-to sorted$/],
  [
    'predict',
    [join(photographs, 'validation'), '--copy-to', join(folder, 'sorted')],
    /^Copied 16 images into .*sorted\.\n(.*\n)+.* check .*sorted$/,
  ],
])('%s of a trained run ends with the next command', async (command, options, next) => {
  const { code, stderr } = await call(command, plain('first'), ...options);
  expect(code).toBe(0);
  expect(stderr.trimEnd()).toMatch(next);
  expect((await call(command, plain('first'), ...options, '--json')).stderr).not.toContain('Next:');
});

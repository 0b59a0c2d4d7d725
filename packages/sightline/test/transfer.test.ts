// The default recipe from a folder of images to its run: kept features, what is told, doubtful labels, the table.

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readRun } from '@sightline/runs';
import { beforeAll, expect, test } from 'vitest';
import { openModel, type SightlineEvent, suspects, train } from '../src/index.ts';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const photos = writePhotographs({ train: 24, validation: 8 });
const folder = temporaryFolder('transfer');
const run = join(folder, 'runs/transfer');
// The smallest images that the backbone takes: the recipe is the same.
const small = ['--image-size', '32', '--out', join(folder, 'runs')];
let first: Awaited<ReturnType<typeof call>>;

beforeAll(async () => {
  // Two images in the wrong folder.
  for (const i of [3, 7]) {
    const [from, to] = [join(photos, `train/dark/${i}.png`), join(photos, `train/bright/dark${i}.png`)];
    renameSync(from, to);
  }
  first = await call('train', photos, ...small);
});

test('is what train does without a configuration', () => {
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(
    /^transfer: logistic regression on efficientnet-lite0, 48 images of bright, dark; seed 1/,
  );
  expect(first.stdout).toMatch(/^transfer {2}accuracy (0\.9|1\.0)/);
  expect(first.stdout).toMatch(/transfer: (Four times|More images|Whether more)/);
  const sure = readRun(run)
    .suspects()
    .filter(({ split, confident }) => split === 'train' && confident);
  expect(first.stdout).toContain(`transfer: ${sure.length} training images may have a wrong label.`);
  expect(first.stderr).toContain(`suspects ${run}`);
  const { run: record } = readRun(run);
  expect(record).toMatchObject({
    status: 'complete',
    config: { network: 'logistic', backbone: 'efficientnet-lite0' },
  });
  expect(existsSync(join(run, 'artifacts/thumbnails.jsonl'))).toBe(true);
});

const marked = (guesses: string) => guesses.replace('EfficientNet-Lite0', 'marked');

test('a second training computes no features, gives the same, and keeps what the site shows', async () => {
  const guesses = join(run, 'artifacts', 'guesses.json');
  const made = readFileSync(guesses, 'utf8');
  writeFileSync(guesses, marked(made));
  const events: SightlineEvent[] = [];
  const before = readRun(run);
  const [again] = await train(photos, {
    imageSize: [32, 32],
    out: join(folder, 'runs'),
    onEvent: (event) => events.push(event),
  });
  expect(again).toMatchObject({ status: 'complete', epochs: 0 });
  expect(events.filter(({ event }) => event === 'progress')).toEqual([]);
  expect(events).toContainEqual({
    event: 'note',
    message: expect.stringMatching(/^The features of 64 images are reused from .*efficientnet-lite0-32\.$/),
  });
  const after = readRun(run);
  expect(after.predictions()).toEqual(before.predictions());
  expect(after.run.head?.c).toBe(before.run.head?.c);
  // Written in the words of the earlier one, byte by byte.
  expect(marked(made)).not.toBe(made);
  expect(readFileSync(guesses, 'utf8')).toBe(marked(made));
  writeFileSync(guesses, made);
});

test('another training makes what the site shows anew', async () => {
  const other = join(folder, 'other seed');
  cpSync(join(folder, 'runs'), other, { recursive: true });
  const guesses = join(other, 'transfer/artifacts/guesses.json');
  const made = readFileSync(guesses, 'utf8');
  writeFileSync(guesses, marked(made));
  await train(photos, { imageSize: [32, 32], out: other, seed: 2 });
  expect(readFileSync(guesses, 'utf8')).toBe(made);
});

test.each([
  ['by other code', (versions: string) => versions.replace(/\d+/, '0')],
  ['not to its end', () => undefined],
])('what was written %s is made anew', async (_, changed) => {
  const guesses = join(run, 'artifacts', 'guesses.json');
  const versions = join(run, 'artifacts', 'versions.json');
  const [made, written] = [guesses, versions].map((path) => readFileSync(path, 'utf8')) as [string, string];
  writeFileSync(guesses, marked(made));
  const other = changed(written);
  expect(other).not.toBe(written);
  if (other === undefined) rmSync(versions);
  else writeFileSync(versions, other);
  await train(photos, { imageSize: [32, 32], out: join(folder, 'runs') });
  expect([guesses, versions].map((path) => readFileSync(path, 'utf8'))).toEqual([made, written]);
});

test('an interrupt before the head leaves the earlier run', async () => {
  const before = readFileSync(join(run, 'run.json'), 'utf8');
  const signal = AbortSignal.abort();
  await expect(train(photos, { imageSize: [32, 32], out: join(folder, 'runs'), signal })).rejects.toThrow(
    /abort/,
  );
  expect(readFileSync(join(run, 'run.json'), 'utf8')).toBe(before);
});

test('its run predicts by openModel as it did', async () => {
  const model = await openModel(run);
  const rows = readRun(run).predictions();
  const { predictions } = await model.predict(rows.map(({ path }) => join(photos, path)));
  await model.release();
  predictions.forEach(({ probabilities }, i) => {
    // Batches are cut otherwise, and float32 sums add up in another order.
    expect(Math.abs(probabilities.dark! - rows[i]!.score)).toBeLessThan(1e-3);
  });
});

test('a class without training images is named', async () => {
  const broken = temporaryFolder('classes');
  cpSync(photos, broken, { recursive: true });
  cpSync(join(photos, 'validation/dark'), join(broken, 'validation/gray'), { recursive: true });
  await expect(train(broken, { out: join(folder, 'other') })).rejects.toMatchObject({
    code: 'empty-class',
    message: expect.stringContaining('no images to train on for gray'),
  });
});

test('where all images are one, what is told is that, and not the split that it leaves empty', async () => {
  const same = temporaryFolder('same');
  for (const name of ['bright', 'dark']) {
    mkdirSync(join(same, name));
    for (const i of [0, 1, 2, 3])
      copyFileSync(join(photos, 'train/dark/0.png'), join(same, name, `${i}.png`));
  }
  const out = join(folder, 'other');
  await expect(train(same, { out })).rejects.toThrow(/the same image under two labels/);
  await expect(train(same, { out, allowErrors: true })).rejects.toThrow(/no images to validate with/);
});

test('a run whose images are named by a relative path finds them from any folder', async () => {
  const [project, moved] = [temporaryFolder('project'), 'some photos'];
  const there = join(project, 'runs/transfer');
  cpSync(run, there, { recursive: true });
  cpSync(photos, join(project, moved), { recursive: true });
  const file = join(there, 'run.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...record, data: { ...record.data, root: moved } }));
  expect((await suspects(there)).root).toBe(join(project, moved));
  const model = await openModel(there);
  const { accuracy } = await model.evaluate();
  await model.release();
  expect(accuracy).toBe(readRun(run).run.metrics!.validation.accuracy);
});

test('suspects lists the wrong labels among the first, and writes a table without them', async () => {
  const found = await suspects(run);
  const sure = found.suspects.filter(({ split, confident }) => split === 'train' && confident);
  const wrong = ['train/bright/dark3.png', 'train/bright/dark7.png'];
  // At 32 pixels the backbone sees little more than noise: a right label or two may be doubted as well.
  const first = found.suspects.slice(0, 4).map(({ path }) => path);
  expect(first).toEqual(expect.arrayContaining(wrong));
  const suspect = found.suspects.find(({ path }) => path === wrong[0]);
  expect(suspect).toMatchObject({ label: 'bright', suggested: 'dark', confident: true });

  const table = join(folder, 'good.csv');
  const { code, stdout } = await call('suspects', run, '--fix', table);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\* {2}train\/bright\/dark3\.png +train +bright +0\.\d+ +dark +0\.\d+\n/);
  expect(stdout).toContain(`Wrote ${table}: ${64 - sure.length} images, without ${sure.length} suspects.`);
  const rows = readFileSync(table, 'utf8').trim().split('\n');
  expect(rows[0]).toBe('path,label,split');
  expect(rows).toHaveLength(1 + 64 - sure.length);
  expect(rows.filter((row) => /dark[37]\.png,bright/.test(row))).toEqual([]);
  expect((await call('suspects', run, '--fix', table)).stderr).toMatch(/is there already/);
});

test('suspects refuses images that have changed, and runs that have none', async () => {
  writeFileSync(join(photos, 'train/bright/0.png'), readFileSync(join(photos, 'train/bright/1.png')));
  await expect(suspects(run, { fix: join(folder, 'other.csv') })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('have changed since'),
  });
  const out = join(folder, 'network');
  await train(photos, { network: 'baseline', epochs: 1, imageSize: [32, 32], out });
  await expect(suspects(join(out, 'baseline'))).rejects.toMatchObject({ code: 'unsupported' });
});

test.each(['logistic', 'baseline'] as const)(
  'test images are held out until the end, and measured once: %s',
  async (network) => {
    const withTest = writePhotographs({ train: 12, validation: 4, test: 6 });
    const out = join(folder, `test-${network}`);
    const args = ['--network', network, '--epochs', '2', '--image-size', '32', '--out', out];
    const { stdout } = await call('train', withTest, ...args);
    const name = network === 'logistic' ? 'transfer' : network;
    const dir = join(out, name);
    const { run: record } = readRun(dir);
    expect(record.data.counts.test).toEqual([6, 6]);
    const measured = record.metrics!.splits!.test!;
    expect(stdout).toMatch(new RegExp(`${name}: accuracy .* on 12 test images, held out until the end\\n`));
    expect(readFileSync(join(dir, 'artifacts/model-card.md'), 'utf8')).toMatch(
      /## Measured on the test images/,
    );
    const evaluated = JSON.parse((await call('evaluate', dir, '--split', 'test', '--json')).stdout);
    expect(measured).toMatchObject({ images: 12, confusion: evaluated.metrics.confusion });
    // The head's features are float32 in batches of another size.
    expect(Math.abs(measured.loss! - evaluated.metrics.loss)).toBeLessThan(1e-3);
  },
);

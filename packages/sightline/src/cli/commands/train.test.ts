/** Training on small real files: exact, resumable, and with nothing left behind that should not be. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRun } from '@sightline/runs';
import { beforeAll, expect, test } from 'vitest';
import { call } from '../../../test/call.ts';
import { temporaryFolder, writePhotographs } from '../../../test/photographs.ts';
import { bytes, config, history, smallTraining } from '../../../test/small-training.ts';

const { folder, photographs, train, plain } = smallTraining();
/** A training that ends after two of its epochs. */
let begun: Awaited<ReturnType<typeof call>>;

beforeAll(async () => {
  begun = await train('begun', '--experiment', 'plain', '--epochs', '2', '--json');
  const { code, stdout, stderr } = await train('first', '--experiment', 'plain');
  expect(stderr).toMatch(/^ +epoch +loss +accuracy +val\. loss +val\. acc\. +time$/m);
  expect(stderr).toMatch(/^ +6\/6 +\d\.\d{3} +/m);
  expect(stderr).toContain('Next:');
  expect(stdout).toMatch(
    /^plain {2}accuracy 1\.000 \(95 % interval 0\.806 to 1\.000\), loss .*\nplain: Always predicting one class would give 0\.500\.$/m,
  );
  expect(code).toBe(0);
});

test('a training with a cache, made and then read, gives the same numbers', async () => {
  const cache = join(folder, 'cache');
  for (const out of ['caching', 'cached']) {
    expect((await train(out, '--experiment', 'plain', '--cache', cache)).code).toBe(0);
    expect(readdirSync(cache).filter((name) => name.endsWith('.images'))).toHaveLength(2);
    expect(history(plain(out))).toEqual(history(plain('first')));
  }
});

test('a run is the same bit for bit when trained again, and another with another seed', async () => {
  await train('again', '--experiment', 'plain');
  expect(bytes(plain('again'), 'model/weights.bin')).toBe(bytes(plain('first'), 'model/weights.bin'));
  expect(history(plain('again'))).toEqual(history(plain('first')));
  await train('other', '--experiment', 'plain', '--seed', '2');
  expect(bytes(plain('other'), 'model/weights.bin')).not.toBe(bytes(plain('first'), 'model/weights.bin'));
});

test('a run that always gives the same answer is called collapsed', async () => {
  const { code, stdout, stderr } = await train('twice', '--experiment', 'collapsing', '--json');
  const { metrics } = readRun(join(folder, 'twice/collapsing')).run;
  // A rate of 1e-9 leaves the network as it was drawn; should it tell bright from dark by chance, nothing collapsed.
  expect(metrics?.validation.accuracy).toBe(0.5);
  expect(metrics?.collapsed).toMatchObject({ share: 1, advice: expect.stringMatching(/Try another seed/) });
  expect(stderr).not.toMatch(/Replacing/);
  expect(stderr).toMatch(/collapsing collapsed\. Every validation image is predicted as /);
  expect(JSON.parse(stdout)[0].metrics.collapsed).toEqual(metrics?.collapsed);
  expect(code).toBe(0);
});

test('what a training takes the place of is said, and that nothing is left to train', async () => {
  const again = await train('twice', '--experiment', 'collapsing', '--seed', '2');
  expect(again.stderr).toMatch(
    /Replacing the run collapsing from .* UTC in .*collapsing \(seed 1, complete\)\./,
  );
  const resumed = await train('twice', '--experiment', 'collapsing', '--seed', '2', '--resume');
  expect(resumed).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/collapsing is complete after 1 epoch: nothing is left to train\./),
  });
});

test('of several experiments those that have run go on as if never stopped, and the others start', async () => {
  cpSync(join(folder, 'begun'), join(folder, 'several'), { recursive: true });
  const { code, stdout } = await train('several', '--resume', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: 'plain', epochs: 6 },
    { name: 'collapsing', epochs: 1 },
  ]);
  expect(history(plain('several'))).toEqual(history(plain('first')));
  expect(bytes(plain('several'), 'model/weights.bin')).toBe(bytes(plain('first'), 'model/weights.bin'));
  const { code: alone, stderr } = await train('never-begun', '--experiment', 'plain', '--resume');
  expect(alone).toBe(1);
  expect(stderr).toMatch(/There is no/);
});

test('a run is not resumed under another seed', async () => {
  const { code, stderr } = await train('first', '--experiment', 'plain', '--resume', '--seed', '9');
  expect(code).toBe(1);
  expect(stderr).toMatch(/can't be resumed: it was trained with another seed\. Train without --resume/);
});

test('an interrupted run of an earlier version is not resumed, and stays as it is', async () => {
  const old = plain('earlier');
  const fixture = new URL('../../../../runs/test/version-1/best', import.meta.url);
  cpSync(fileURLToPath(fixture), old, { recursive: true });
  const run = JSON.parse(readFileSync(join(old, 'run.json'), 'utf8'));
  writeFileSync(join(old, 'run.json'), JSON.stringify({ ...run, status: 'interrupted', metrics: null }));
  const content = () => readdirSync(old).map((name) => [name, bytes(old, name)]);
  const before = content();
  const { code, stderr } = await train('earlier', '--experiment', 'plain', '--resume');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^The run in .*plain can't be resumed: expected .* an earlier one wrote it\. Train without --resume.*--out DIR.*\n$/,
  );
  expect(content()).toEqual(before);
  const predicted = await call('predict', old, photographs);
  expect(predicted).toMatchObject({ code: 1, stderr: expect.stringMatching(/Train it again: npm run/) });
});

test('a run is left as it is by a training that can not start', async () => {
  cpSync(plain('first'), plain('kept'), { recursive: true });
  const before = bytes(plain('kept'), 'run.json');
  const broken = writePhotographs({ train: 2, validation: 2 });
  writeFileSync(join(broken, 'train/dark/text.jpg'), 'not an image');
  const options = ['--data', broken, '--out', join(folder, 'kept'), '--experiment', 'plain'];
  const { code, stderr } = await call('train', folder, ...options);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/text\.jpg.*it is not an image/);
  expect(bytes(plain('kept'), 'run.json')).toBe(before);
  rmSync(plain('kept'), { recursive: true });
  await call('train', folder, ...options);
  expect(existsSync(plain('kept'))).toBe(false);
});
test.each([
  ['on pixels', []],
  ['on features', ['--network', 'logistic', '--image-size', '32']],
  ['on features with places', ['--network', 'dense-backend', '--backbone', 'vgg16', '--image-size', '32']],
])('images of both splits that cannot be read are named at once, trained %s', async (_, options) => {
  const broken = writePhotographs({ train: 3, validation: 3 });
  for (const name of ['train/dark/0.png', 'validation/bright/0.png', 'validation/dark/2.png'])
    writeFileSync(join(broken, name), `not an image: ${name}`);
  const { code, stderr } = await call('train', broken, '--out', join(broken, 'runs'), ...options);
  expect(code).toBe(1);
  expect(stderr).toContain('3 images cannot be read');
  for (const name of ['train/dark/0.png', 'validation/bright/0.png', 'validation/dark/2.png'])
    expect(stderr).toContain(`"${name}"`);
  expect(existsSync(join(broken, 'runs', 'transfer', 'run.json'))).toBe(false);
});

test('a folder with too few images says how many it takes', async () => {
  const single = writePhotographs({ train: 1, validation: 2 });
  const { code, stderr } = await call('train', single, '--out', join(single, 'runs'));
  expect(stderr).toMatch(/has one image of each class to train on: expected two or more/);
  expect(code).toBe(1);
  const two = writePhotographs({ train: 2, validation: 2 });
  expect((await call('train', two, '--out', join(two, 'runs'), '--image-size', '32')).code).toBe(0);
});

test('a mistake in an experiment is named before anything is read', async () => {
  const other = temporaryFolder('mistake');
  writeFileSync(join(other, 'sightline.config.ts'), config.replace('epochs: 6', 'epochs: 0'));
  const { code, stderr } = await call('train', other, '--data', '/nowhere', '--experiment', 'plain');
  expect(stderr).toMatch(/^The experiment plain: epochs: .*but got 0\.\n$/);
  expect(code).toBe(1);
});

test('a learning rate is found for an experiment, with its curve as a picture', async () => {
  const picture = join(folder, 'rates.svg');
  const options = ['--data', photographs, '--experiment', 'plain', '--out', picture, '--steps', '40'];
  const { code, stdout } = await call('lr-find', folder, ...options, '--json');
  const { suggestion, curve } = JSON.parse(stdout) as {
    suggestion: number;
    curve: { learningRate: number }[];
  };
  expect(code).toBe(0);
  expect(suggestion).toBeGreaterThan(1e-6);
  expect(suggestion).toBeLessThan(0.1);
  expect(curve[0]!.learningRate).toBeCloseTo(1e-5, 12);
  expect(readFileSync(picture, 'utf8')).toContain('aria-label="Loss by learning rate"');
  const kept = await call('lr-find', folder, ...options, '--run', plain('first'));
  expect(kept).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Suggested learning rate for plain: [\d.e-]+ \(configured: 0\.001\)/),
  });
  const rate = JSON.parse(readFileSync(join(plain('first'), 'artifacts/rate.json'), 'utf8'));
  expect(rate).toEqual({ curve, suggestion });
  expect((await call('lr-find', folder, ...options, '--run', folder)).stderr).toMatch(/There is no run in /);
});

test('with --json what happens is told as events, a line each, and the result stays one value', () => {
  const { stdout, stderr } = begun;
  const events = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const kinds = events.map(({ event }) => event);
  expect(kinds.filter((kind) => !['progress', 'warning', 'stage'].includes(`${kind}`))).toEqual([
    'begin',
    'start',
    'epoch',
    'epoch',
    'run',
  ]);
  expect(kinds).toContain('progress');
  const stages = events.filter(({ event }) => event === 'stage').map(({ stage }) => stage);
  expect(stages).toEqual(expect.arrayContaining(['reading the images', 'evaluating', 'saving the network']));
  expect(events.find(({ event }) => event === 'start')).toMatchObject({
    run: 'plain',
    images: { train: 48, validation: 16 },
  });
  const [, last] = events.filter(({ event }) => event === 'epoch');
  expect(last).toMatchObject({ run: 'plain', ...readRun(plain('begun')).history[1] });
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'plain', status: 'complete', epochs: 2 }]);
});

test('Ctrl-C after an epoch leaves an interrupted run with its epochs', async () => {
  const running = train('interrupted', '--experiment', 'plain', '--epochs', '500');
  const dir = plain('interrupted');
  while (!existsSync(join(dir, 'history.jsonl'))) await new Promise((resolve) => setTimeout(resolve, 20));
  process.emit('SIGINT');
  const { code, stderr } = await running;
  expect(code).toBe(130);
  expect(stderr).toMatch(/plain was interrupted after \d+ epochs?.*\. Continue with --resume\./);
  const { run, history } = readRun(dir);
  expect(run.status).toBe('interrupted');
  // The network of its last whole epoch answers.
  const image = join(photographs, 'train/bright/0.png');
  const { stdout } = await call('predict', dir, image, '--json');
  expect(JSON.parse(stdout)).toMatchObject([{ path: image }]);
  expect(history.length).toBeGreaterThan(0);
  expect(history.length).toBeLessThan(500);
});

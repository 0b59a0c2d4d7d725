import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseExperiment } from '@sightline/models/experiment';
import { notop } from '@sightline/vgg16-weights';
import { expect, test } from 'vitest';
import { call } from '../../../test/call.ts';
import { temporaryFolder, writePhotographs } from '../../../test/photographs.ts';

const folder = temporaryFolder('features');
const photographs = writePhotographs({ train: 3, validation: 1 });
const record = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

test('features by weights of a file are those of the same weights embedded', async () => {
  const features = async (name: string, ...more: string[]) => {
    const path = join(folder, `${name}.npy`);
    const asked = ['--image-size', '32', '--interpolation', 'nearest', '--fit', 'pad'];
    const { code } = await call('features', photographs, '--out', path, ...asked, ...more);
    expect(code).toBe(0);
    return readFileSync(path).toString('hex');
  };
  const file = fileURLToPath(notop.url);
  expect(await features('file', '--weights', file)).toBe(await features('embedded', '--backbone', 'vgg16'));
  expect(record('embedded')).toMatchObject({
    backbone: 'vgg16',
    resize: { size: [32, 32], interpolation: 'nearest', fit: 'pad' },
  });
});

test('the network and the size of images are those of an experiment, where no others are asked for', async () => {
  const out = join(folder, 'default.npy');
  expect(await call('features', photographs, '--out', out)).toMatchObject({ code: 0 });
  const { backbone, imageSize: size, interpolation, fit } = parseExperiment({});
  expect(record('default')).toMatchObject({ backbone, resize: { size, interpolation, fit } });
});

test('parts are merged into the file that one process writes, byte for byte, in any order', async () => {
  const path = (name: string) => join(folder, `${name}.npy`);
  const compute = (name: string, ...more: string[]) =>
    call('features', photographs, '--out', path(name), '--size', '32', ...more);
  await compute('whole');
  for (const i of [1, 2, 3]) {
    const { stderr } = await compute(`part${i}`, '--shard', `${i}/3`);
    expect(stderr).toMatch(
      /# Merge it with the other 2 parts\n.* features --merge .*part\d\.npy PART\.\.\. --out/,
    );
  }
  const parts = ['part3', 'part1', 'part2'].map(path);
  const { code, stdout, stderr } = await call('features', '--merge', ...parts, '--out', path('merged'));
  expect(stderr).toMatch(/train DIR --backbone efficientnet-lite0 --image-size 32\n/);
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^8 images of 3 parts: /),
  });
  expect(readFileSync(path('merged')).equals(readFileSync(path('whole')))).toBe(true);
  expect(record('part2').shard).toEqual({ index: 2, of: 3 });
  const { seconds: _, ...whole } = record('whole');
  expect(record('merged')).toMatchObject(whole);
  expect(record('merged')).not.toHaveProperty('shard');
  const merge = (...names: string[]) =>
    call('features', '--merge', ...names.map(path), '--out', path('none'));
  expect(await merge('part1', 'part3')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Expected each of 3 parts once, but got 2 files: 2\/3 is missing/),
  });
  expect((await merge('part1', 'part2', 'part2')).stderr).toMatch(/2\/3 and 3\/3 is missing or there more/);
  await compute('large', '--size', '40', '--shard', '2/3');
  expect((await merge('part1', 'large', 'part3')).stderr).toMatch(/are not of one file: their resize differ/);
  expect(existsSync(path('none'))).toBe(false);
});

test('classify names the images that can not be read, classifies the others, and fails', async () => {
  const [good, bad] = [join(photographs, 'train/bright/0.png'), join(folder, 'bad.png')];
  writeFileSync(bad, 'not an image');
  const { code, stdout, stderr } = await call('classify', bad, good, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout).images).toMatchObject([{ path: good, classes: Array(5).fill({}) }]);
  expect(stderr).toMatch(/bad\.png can't be read as an image: /);
  expect(await call('classify', bad)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/None of the images could be read\.\n$/),
  });
});

test('weights that are not there are named, by features and by classify', async () => {
  const image = join(photographs, 'train/bright/0.png');
  const out = join(folder, 'none.npy');
  for (const command of [
    ['features', photographs, '--out', out],
    ['classify', image],
  ]) {
    const { code, stderr } = await call(...(command as [string]), '--weights', join(folder, 'none.h5'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*none\.h5: there is no such file\.\n$/);
  }
});

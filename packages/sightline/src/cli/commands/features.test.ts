import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { notop } from '@sightline/vgg16-weights';
import { expect, test } from 'vitest';
import { call } from '../../../test/call.ts';
import { temporaryFolder, writePhotographs } from '../../../test/photographs.ts';

const folder = temporaryFolder('features');
const photographs = writePhotographs({ train: 3, validation: 1 });

test('features by weights of a file are those of the same weights embedded', async () => {
  const features = async (name: string, ...more: string[]) => {
    const path = join(folder, `${name}.npy`);
    const { code } = await call('features', photographs, '--out', path, '--size', '32', ...more);
    expect(code).toBe(0);
    return readFileSync(path).toString('hex');
  };
  const file = fileURLToPath(notop.url);
  expect(await features('file', '--weights', file)).toBe(await features('embedded'));
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

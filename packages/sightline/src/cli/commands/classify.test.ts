import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '@sightline/image';
import { expect, test } from 'vitest';
import { call } from '../../../test/call.ts';
import { temporaryFolder } from '../../../test/photographs.ts';

interface Expected {
  readonly height: number;
  readonly width: number;
  readonly classes: readonly { readonly name: string; readonly wnid: string; readonly probability: number }[];
}

/** Pillow's middle square, and Python's onnxruntime: tooling/fixtures/efficientnet_lite.py. */
const { height, width, classes } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/classify.json', import.meta.url), 'utf8'),
) as Expected;

const folder = temporaryFolder('classify');
const image = join(folder, 'formula.png');
const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
  const [channel, column, row] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
  return row * row * 3 + column * 7 + row * column + channel * 85;
});
writeFileSync(image, encodePng({ data, width, height, channels: 3 }));

test('an image has the classes of another implementation', async () => {
  const { code, stdout } = await call('classify', image, '--json');
  expect(code).toBe(0);
  const { backbone, images } = JSON.parse(stdout);
  expect(backbone).toBe('efficientnet-lite0');
  expect(images).toMatchObject([
    // Resizing may round a value by one, depending on Pillow's version.
    {
      path: image,
      classes: classes.map((each) => ({ ...each, probability: expect.closeTo(each.probability, 3) })),
    },
  ]);
});

test('as many classes are shown as were asked for, with bars', async () => {
  const { code, stdout } = await call('classify', image, '--top', '2');
  expect(code).toBe(0);
  const [first, second] = classes;
  expect(stdout).toMatch(new RegExp(`${first!.name} .*\\n.* ${second!.name}`));
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
});

test('VGG16 classifies by its 200 classes', async () => {
  const { code, stdout } = await call('classify', image, '--backbone', 'vgg16', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ backbone: 'vgg16', images: [{ classes: Array(5).fill({}) }] });
});

test.each([
  [['--class-names', 'names.txt'], /--class-names are for the classes of --weights/],
  [['--weights', 'a.h5', '--download'], /Expected --weights FILE or --download, but got both/],
  [['--weights', 'a.h5', '--backbone', 'efficientnet-lite0'], /are for vgg16, not efficientnet-lite0/],
  [['--backbone', 'resnet'], /--backbone takes one of efficientnet-lite0, vgg16; "resnet" was given/],
])('contradicting options are refused in one sentence: %j', async (options, message) => {
  const { code, stderr } = await call('classify', image, ...options);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

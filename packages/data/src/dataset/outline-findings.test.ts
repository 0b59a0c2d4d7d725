// What names of folders show, in data sets as people have them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertTrainable, openDataset } from './open-dataset.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-names-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `content of ${path}`);
  }
}

/** Three images in each folder. */
const fill = (...folders: string[]) =>
  put(...folders.flatMap((folder) => [1, 2, 3].map((i) => `${folder}/${i}.jpg`)));

const found = async () =>
  (await openDataset(root)).findings.map(({ kind, severity, message }) => ({ kind, severity, message }));

describe('splits by the names that people give them', () => {
  it.each([
    ['training_set', 'test_set'],
    ['train_images', 'val_images'],
    ['Train-Data', 'Validation Data'],
    ['trainset', 'dev'],
    ['train', 'eval'],
    ['train/train', 'test/test'],
    ['training_set/training_set', 'test_set/test_set'],
  ])('%s and %s', async (training, other) => {
    fill(`${training}/cats`, `${training}/dogs`, `${other}/cats`, `${other}/dogs`);
    const { classes, splits } = await openDataset(root);
    expect(classes).toEqual(['cats', 'dogs']);
    const given = splits.test ?? splits.validation;
    expect(given.every(({ path }) => path.startsWith(`${other}/`))).toBe(true);
    expect(given).toHaveLength(6);
  });
});

describe('images whose names say what they show', () => {
  const kaggle = ['cat.0.jpg', 'cat.1.jpg', 'dog.0.jpg', 'dog.1.jpg'];
  it.each([
    ['lie in no class folder', kaggle, '"cat" and "dog"'],
    ['holds images of one class only', kaggle.map((name) => `train/${name}`), '"cat" and "dog"'],
    [
      'lie in no class folder',
      ['Maine_Coon_1.jpg', 'Maine_Coon_2.jpg', 'pug-001.png', 'pug-002.png', 'été (1).jpg', 'été (2).jpg'],
      '"Maine_Coon", "pug" and "été"',
    ],
  ])('%s: they are told apart in %j', async (words, paths, kinds) => {
    put(...paths);
    const message = await openDataset(root).then(String, (error: Error) => error.message);
    expect(message).toContain(words);
    expect(message).toContain(`Their names begin with ${kinds}: put each kind into a folder of its own`);
  });

  it.each([
    [['IMG_1.jpg', 'IMG_2.jpg']],
    [['cat.1.jpg', 'cat.2.jpg', 'holiday.jpg', 'beach.jpg']],
    [['0.jpg', '1.jpg']],
    [['cat1.jpg', 'dog1.jpg']],
  ])('but not in %j', async (paths) => {
    put(...paths);
    await expect(openDataset(root)).rejects.toThrow(/\*\.jpg\.$/);
  });
});

it('tells of images that no split or class takes', async () => {
  fill('train/cats', 'train/dogs', 'holdout/cats');
  put('train/notes.txt');
  expect(await found()).toEqual([
    {
      kind: 'ignored',
      severity: 'warning',
      message: expect.stringMatching(/^3 images lie outside of the class folders and are not used: "holdout/),
    },
  ]);
});

it('takes empty files for damaged ones, not for one image', async () => {
  fill('cats', 'dogs');
  for (const path of ['cats/1.jpg', 'dogs/1.jpg', 'dogs/2.jpg']) writeFileSync(join(root, path), '');
  expect(await found()).toEqual([]);
});

it('tells parts of a data set from classes', async () => {
  fill('fold1/cats', 'fold1/dogs', 'fold2/cats', 'fold2/dogs');
  expect(await found()).toEqual([
    { kind: 'layout', severity: 'error', message: expect.stringContaining('look like the classes') },
  ]);
  expect(() => assertTrainable({ root, findings: [] })).not.toThrow();
  const dataset = await openDataset(root);
  expect(() => assertTrainable(dataset)).toThrow(
    /the folder cannot be used as it is\. "fold1", "fold2" all hold the folders "cats", "dogs"/,
  );
});

it('only warns where classes could be meant so', async () => {
  fill('cats/indoors', 'cats/outdoors', 'dogs/indoors', 'dogs/outdoors');
  expect(await found()).toMatchObject([{ kind: 'layout', severity: 'warning' }]);
});

it('names trees of classes', async () => {
  fill('fruit/apple', 'fruit/pear', 'vegetables/leek', 'vegetables/onion');
  expect(await found()).toEqual([
    {
      kind: 'nested',
      severity: 'warning',
      message:
        '4 folders ("fruit/apple", "fruit/pear", "vegetables/leek", "vegetables/onion") count as the 2 classes above them ("fruit", "vegetables"). To tell them apart, put each beside the others.',
    },
  ]);
});

it.each([
  ['case', 'Cat', 'cat'],
  ['blanks', 'cat ', 'cat'],
  ['Unicode forms', 'caf\u00e9', 'cafe\u0301'],
])('finds names that differ in %s only', async (_, one, other) => {
  fill(`train/${one}`, `train/${other}`, `validation/${one}`, `validation/${other}`);
  const findings = await found();
  // A file system may take the two for one.
  if ((await openDataset(root)).classes.length === 2)
    expect(findings).toMatchObject([{ kind: 'same-name', severity: 'error' }]);
});

it('finds classes that are in one split only', async () => {
  fill('train/a', 'train/b', 'train/c', 'validation/a', 'validation/b', 'validation/d');
  expect(await found()).toEqual([
    { kind: 'layout', severity: 'error', message: 'The class "d" has no images for training.' },
    {
      kind: 'no-validation',
      severity: 'warning',
      message: '1 class has no validation images, so that its metrics are unknown: "c".',
    },
  ]);
});

it('finds classes that a drawn split leaves without validation images', async () => {
  fill('a', 'b');
  put('c/1.jpg');
  expect(await found()).toMatchObject([{ kind: 'no-validation', message: expect.stringContaining('"c"') }]);
});

it('finds equal contents, an error only where they matter', async () => {
  fill('train/a', 'train/b', 'validation/a', 'validation/b');
  writeFileSync(join(root, 'validation/a/4.jpg'), 'content of train/a/1.jpg');
  expect(await found()).toMatchObject([{ kind: 'leak', severity: 'error' }]);
  put(...Array.from({ length: 60 }, (_, i) => `validation/a/more ${i}.jpg`));
  expect(await found()).toMatchObject([{ kind: 'leak', severity: 'warning' }]);
});

it('leaves out what systems leave behind', async () => {
  fill(
    'a',
    'b',
    '@eaDir/a',
    'a/@eaDir',
    '#recycle/a',
    '$RECYCLE.BIN',
    'System Volume Information',
    'a/.AppleDouble',
    '__MACOSX/a',
  );
  put('a/Thumbs.db', 'lost+found/1.jpg');
  const { classes, splits, findings } = await openDataset(root);
  expect([classes, splits.train.length + splits.validation.length, findings]).toEqual([['a', 'b'], 6, []]);
});

it('names pictures in formats that are not read', async () => {
  fill('a', 'b');
  put('a/IMG_1.HEIC', 'b/IMG_2.heic', 'b/drawing.svg');
  expect((await found()).map(({ message }) => message)).toEqual([
    '2 files of the format HEIC, which is not read: "a/IMG_1.HEIC", "b/IMG_2.heic". Save them as JPEG or PNG.',
    '1 file of the format SVG, which is not read: "b/drawing.svg". Save them as JPEG or PNG.',
  ]);
  rmSync(root, { recursive: true });
  put('a/1.heic', 'b/2.heic');
  await expect(openDataset(root)).rejects.toThrow(
    /its pictures are HEIC, which is not read; save them as JPEG or PNG/,
  );
});

it('leaves out classes on request, and groups by a pattern', async () => {
  fill('cat', 'dog', 'dirt');
  expect((await openDataset(root, { ignoreClasses: ['dirt'] })).classes).toEqual(['cat', 'dog']);
  await expect(openDataset(root, { ignoreClasses: ['mud'] })).rejects.toThrow(
    /has no class "mud" to leave out/,
  );
  put(...Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'cat' : 'dog'}/camera${i % 5}-${i}.jpg`));
  const { splits } = await openDataset(root, { group: '(camera\\d)-' });
  const cameras = (samples: typeof splits.train) =>
    new Set(samples.flatMap(({ path }) => /camera\d/.exec(path)?.[0] ?? []));
  expect([...cameras(splits.validation)].filter((camera) => cameras(splits.train).has(camera))).toEqual([]);
  expect(cameras(splits.validation).size).toBeGreaterThan(0);
  await expect(openDataset(root, { group: '(' })).rejects.toThrow(/must be a regular expression/);
  await expect(openDataset(root, { group: 'lens' })).rejects.toThrow(/The group lens matches no path/);
});

it('takes an order of classes of which some have no images, where that is allowed', async () => {
  fill('cat', 'dog');
  const classes = ['bird', 'cat', 'dog'];
  await expect(openDataset(root, { classes })).rejects.toMatchObject({ code: 'classes' });
  const { splits } = await openDataset(root, { classes, allowMissingClasses: true });
  expect(new Set(splits.train.map(({ label }) => label))).toEqual(new Set([1, 2]));
});

describe('images that are numbered in series', () => {
  const frames = (...names: string[]) =>
    put(...names.flatMap((name) => [1, 2, 3, 4].map((i) => `${name}${String(i).padStart(4, '0')}.jpg`)));

  it.each([
    ['frames of clips', ['a/clip01_', 'a/clip02_', 'b/clip01_', 'b/clip02_']],
    ['folders of clips', ['a/clip1/', 'a/clip2/', 'b/clip1/', 'b/clip2/']],
    ['photos of objects', ['a/mug 1-', 'a/mug 2-', 'b/17-', 'b/18-']],
  ])('%s: the option that is told keeps them together', async (_, names) => {
    frames(...names);
    const findings = (await openDataset(root)).findings.filter(({ kind }) => kind === 'series');
    expect(findings).toHaveLength(1);
    expect(findings[0]!.message).toMatch(
      /^16 images are numbered in 4 series, such as "a\/.*0001\.jpg" to "a\/.*0004\.jpg"\. /,
    );
    const group = /--group '(.*)'$/.exec(findings[0]!.message)![1]!;
    const { splits, findings: rest } = await openDataset(root, { group });
    expect(rest.filter(({ kind }) => kind === 'series')).toEqual([]);
    const nameOf = (path: string) => path.replace(/\d{4}\.jpg$/, '');
    const held = new Set(splits.validation.map(({ path }) => nameOf(path)));
    expect(held.size).toBe(2);
    for (const { path } of splits.train) expect(held).not.toContain(nameOf(path));
  });

  it.each([
    ['numbers alone', ['a/', 'b/']],
    ['names of kinds', ['a/maine_coon_', 'a/siamese_', 'b/pug_', 'b/poodle_']],
    ['one series per class', ['a/n02085620_', 'b/n02085782_']],
    [
      'a split that is given',
      ['train/a/clip1_', 'train/a/clip2_', 'train/b/1_', 'validation/a/1_', 'validation/b/1_'],
    ],
  ])('%s are none', async (_, names) => {
    frames(...names);
    expect((await found()).filter(({ kind }) => kind === 'series')).toEqual([]);
  });

  it('photos that are named by the time are none', async () => {
    put(
      ...['a', 'b'].flatMap((name) =>
        [1, 2].flatMap((day) =>
          [93012, 114501, 180733].map((time) => `${name}/IMG_2024010${day}_${time}.jpg`),
        ),
      ),
    );
    expect((await found()).filter(({ kind }) => kind === 'series')).toEqual([]);
  });
});

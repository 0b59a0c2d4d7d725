// Opening folders as people keep them: both layouts, class order, drawn splits, and what is wrong said in a sentence.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ErrorCode, SightlineError } from '@sightline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-open-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `content of ${path}`);
  }
}

async function failure(promise: Promise<unknown>): Promise<SightlineError> {
  const error = await promise.then(
    () => expect.fail('it should have been refused'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SightlineError);
  return error as SightlineError;
}

describe('layouts', () => {
  it('reads given splits, in the order of class and name', async () => {
    put(
      'train/b/2.jpg',
      'train/b/1.jpg',
      'train/a/x.PNG',
      'val/a/y.webp',
      'val/b/deep/z.bmp',
      'test/a/t.gif',
    );
    const { classes, splits } = await openDataset(root);
    expect(classes).toEqual(['a', 'b']);
    expect(splits.train.map(({ path, label }) => [path, label])).toEqual([
      ['train/a/x.PNG', 0],
      ['train/b/1.jpg', 1],
      ['train/b/2.jpg', 1],
    ]);
    expect(splits.validation.map(({ path }) => path)).toEqual(['val/a/y.webp', 'val/b/deep/z.bmp']);
    expect(splits.test?.map(({ path }) => path)).toEqual(['test/a/t.gif']);
  });

  it('reads splits by any of their names, in capitals too, and by no other', async () => {
    put(
      'Train/a/1.jpg',
      'Train/b/2.jpg',
      'VALID/a/3.jpg',
      'VALID/b/4.jpg',
      'Testing/a/5.jpg',
      'Testing/b/6.jpg',
    );
    put('constructor/a/7.jpg');
    const { classes, splits } = await openDataset(root);
    expect(classes).toEqual(['a', 'b']);
    const paths = [splits.train, splits.validation, splits.test!].map((of) => of.map(({ path }) => path));
    expect(paths).toEqual([
      ['Train/a/1.jpg', 'Train/b/2.jpg'],
      ['VALID/a/3.jpg', 'VALID/b/4.jpg'],
      ['Testing/a/5.jpg', 'Testing/b/6.jpg'],
    ]);
  });

  it('reads what is kept for testing alone', async () => {
    put('test/a/1.jpg', 'test/b/2.jpg', 'val/a/3.jpg', 'val/b/4.jpg');
    const { classes, splits } = await openDataset(root);
    expect(classes).toEqual(['a', 'b']);
    expect([splits.train.length, splits.validation.length, splits.test?.length]).toEqual([0, 2, 2]);
  });

  it('takes classes for classes even if one is called train', async () => {
    put('bus/1.jpg', 'bus/2.jpg', 'train/1.jpg', 'train/2.jpg');
    expect((await openDataset(root)).classes).toEqual(['bus', 'train']);
  });

  it('steps into the one folder that an archive leaves', async () => {
    put(
      'cars/train/car/1.jpg',
      'cars/train/other/2.jpg',
      'cars/validation/car/3.jpg',
      'cars/validation/other/4.jpg',
    );
    const { splits } = await openDataset(root);
    expect(splits.validation.map(({ path }) => path)).toEqual([
      'cars/validation/car/3.jpg',
      'cars/validation/other/4.jpg',
    ]);
  });

  it('leaves out hidden files, other files, sockets and links to nothing, and follows links to folders', async () => {
    put(
      'a/1.jpg',
      'a/2.jpg',
      'a/.hidden.jpg',
      'a/notes.txt',
      '.git/x.jpg',
      'elsewhere/3.jpg',
      'elsewhere/4.jpg',
    );
    symlinkSync(join(root, 'elsewhere'), join(root, 'b'));
    symlinkSync('/nowhere/at/all.jpg', join(root, 'a', 'gone.jpg'));
    const socket = createServer().listen(join(root, 'a', 'socket.jpg'));
    const { splits, classes } = await openDataset(root);
    socket.close();
    expect(classes).toEqual(['a', 'b', 'elsewhere']);
    expect([...splits.train, ...splits.validation]).toHaveLength(6);
  });

  it('takes names with spaces, emoji and newlines', async () => {
    put('a/two words.jpg', 'a/🚗.jpg', 'b/new\nline.jpg', 'b/ü.jpg');
    const { splits } = await openDataset(root);
    const paths = [...splits.train, ...splits.validation].map(({ path }) => path).sort();
    expect(paths).toEqual(['a/two words.jpg', 'a/🚗.jpg', 'b/new\nline.jpg', 'b/ü.jpg']);
  });
});

describe('class order', () => {
  it('is given, or in classes.json, or the alphabet', async () => {
    put('car/1.jpg', 'car/2.jpg', 'other/3.jpg', 'other/4.jpg');
    expect((await openDataset(root)).classes).toEqual(['car', 'other']);
    writeFileSync(join(root, 'classes.json'), '["other", "car"]');
    expect((await openDataset(root)).classes).toEqual(['other', 'car']);
    expect((await openDataset(root, { classes: ['car', 'other'] })).classes).toEqual(['car', 'other']);
  });

  it('must fit the folders', async () => {
    put('car/1.jpg', 'other/3.jpg');
    const error = await failure(openDataset(root, { classes: ['car', 'plane'] }));
    expect(error.code).toBe('classes');
    expect(error.message).toContain('["car", "other"], but the order given is ["car", "plane"]');
    expect(error.details).toEqual({ unknown: ['other'] });
    writeFileSync(join(root, 'classes.json'), '{}');
    expect((await failure(openDataset(root))).message).toMatch(/must be a JSON array of class names/);
  });
});

describe('classes without images', () => {
  const classes = ['boat', 'car', 'other'];

  it.each([
    ['no folder', ['validation/car/1.jpg', 'validation/other/2.jpg']],
    ['an empty folder', ['validation/car/1.jpg', 'validation/other/2.jpg', 'validation/boat/']],
    ['an empty folder beside one class', ['validation/car/1.jpg', 'validation/boat/', 'train/other/']],
    ['no folder but one', ['car/1.jpg', 'car/2.jpg']],
  ])('may be missing where that is allowed: %s', async (_, paths) => {
    put(...paths.filter((path) => !path.endsWith('/')));
    for (const path of paths.filter((each) => each.endsWith('/')))
      mkdirSync(join(root, path), { recursive: true });
    const dataset = await openDataset(root, { classes, allowMissingClasses: true });
    expect(dataset.classes).toEqual(classes);
    const used = new Set(dataset.splits.validation.map(({ label }) => classes[label]));
    expect([...used].every((name) => name !== 'boat')).toBe(true);
    await expect(openDataset(root, { classes })).rejects.toBeInstanceOf(SightlineError);
  });
});

describe('drawn splits', () => {
  const names = Array.from({ length: 200 }, (_, i) => [`a/${i}.jpg`, `b/${i}.jpg`]).flat();

  it('draw a fifth of each class, and a file that is added moves at most one other', async () => {
    put(...names.slice(0, 300));
    const before = await openDataset(root);
    for (const label of before.classes.keys()) {
      const count = (samples: typeof before.splits.train) => samples.filter((s) => s.label === label).length;
      const [train, validation] = [count(before.splits.train), count(before.splits.validation)];
      expect(validation).toBe(Math.round(0.2 * (train + validation)));
    }
    put(...names.slice(300));
    const after = await openDataset(root);
    const now = new Set(after.splits.validation.map(({ path }) => path));
    const old = [...before.splits.train, ...before.splits.validation].map(({ path }) => path);
    const then = new Set(before.splits.validation.map(({ path }) => path));
    // The share of each class stays, so a new image in validation may push out one of its class, or none.
    const moved = old.filter((path) => now.has(path) !== then.has(path));
    expect(moved.length).toBeLessThan(0.1 * old.length);
    expect(moved.length).toBeLessThanOrEqual(after.splits.validation.length);
    expect(after.hash).not.toBe(before.hash);
  });

  it('keep one image in one split under any name', async () => {
    put(...names.slice(0, 40));
    for (let i = 0; i < 20; i++) writeFileSync(join(root, 'a', `copy ${i}.jpg`), `content of a/${i}.jpg`);
    const { train, validation } = (await openDataset(root)).splits;
    const training = new Set(train.map(({ hash }) => hash));
    expect(validation.length).toBeGreaterThan(0);
    expect(validation.filter(({ hash }) => training.has(hash))).toEqual([]);
  });

  it('leave no class out of a split that could have one', async () => {
    put('a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/2.jpg');
    const { train, validation } = (await openDataset(root)).splits;
    expect(train.map(({ label }) => label)).toEqual([0, 1]);
    expect(validation.map(({ label }) => label)).toEqual([0, 1]);
  });
});

describe('what is wrong is said', () => {
  it.each<[string, ErrorCode, RegExp, () => void]>([
    ['no folder', 'missing-folder', /There is no folder/, () => rmSync(root, { recursive: true })],
    ['an empty folder', 'empty', /There are no images.*it is empty.*Expected/, () => {}],
    ['no images', 'empty', /its only file is not an image/, () => put('a/b.txt')],
    [
      'only archives',
      'empty',
      /they may be in "photos\.zip", which must be unpacked first/,
      () => put('photos.zip', 'a.txt'),
    ],
    ['images without a class', 'empty', /lie in no class folder/, () => put('1.jpg', '2.jpg')],
    ['one class', 'one-class', /one class only \("a"\)/, () => put('a/1.jpg')],
    ['an empty class', 'empty-class', /"b" in .* holds no images/, () => put('a/1.jpg', 'b/readme.txt')],
    [
      'a link that loops',
      'link-loop',
      /"a\/up" in .* leads back/,
      () => {
        put('a/1.jpg');
        symlinkSync(root, join(root, 'a/up'));
      },
    ],
    [
      'a link to itself',
      'link-loop',
      /"a\/me" in .* leads to itself/,
      () => {
        put('a/1.jpg');
        symlinkSync('me', join(root, 'a/me'));
      },
    ],
  ])('%s', async (_, code, message, make) => {
    make();
    const error = await failure(openDataset(root));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });

  it.skipIf(process.platform === 'win32')('a folder without read rights', async () => {
    put('a/1.jpg', 'b/1.jpg');
    chmodSync(join(root, 'b'), 0o000);
    chmodSync(root, 0o755);
    const user = process.geteuid!();
    // Root may read anything, so for a moment this process is nobody.
    if (user === 0) process.seteuid!(65534);
    const error = await failure(openDataset(root)).finally(() => user === 0 && process.seteuid!(user));
    chmodSync(join(root, 'b'), 0o755);
    expect([error.code, error.message]).toEqual([
      'unreadable-folder',
      expect.stringMatching(/b cannot be listed: permission denied/),
    ]);
  });

  it.skipIf(process.platform === 'win32')('a file without read rights', async () => {
    put('a/1.jpg', 'b/1.jpg');
    chmodSync(join(root, 'b/1.jpg'), 0o000);
    chmodSync(root, 0o755);
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65534);
    const error = await failure(openDataset(root)).finally(() => user === 0 && process.seteuid!(user));
    expect(error.message).toMatch(/an image cannot be read: "b\/1\.jpg" \(permission denied\)/);
  });

  it('a file in the folder’s place', async () => {
    put('file');
    expect((await failure(openDataset(join(root, 'file')))).message).toMatch(
      /is neither a folder of images, nor a .zip/,
    );
  });

  it.skipIf(process.platform !== 'linux')('a name that is not UTF-8', async () => {
    put('a/1.jpg', 'b/1.jpg');
    writeFileSync(
      Buffer.concat([Buffer.from(join(root, 'a/')), Buffer.from([0xe9, 0x2e, 0x6a, 0x70, 0x67])]),
      'x',
    );
    const error = await failure(openDataset(root));
    expect([error.code, error.message]).toEqual([
      'file-name',
      expect.stringMatching(/is not UTF-8: "é\.jpg"\. Rename/),
    ]);
  });

  it('a cancelled opening', async () => {
    put('a/1.jpg', 'b/1.jpg');
    await expect(openDataset(root, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

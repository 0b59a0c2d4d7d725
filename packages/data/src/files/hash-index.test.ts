// The index of content hashes: a file that did not change is not read again, and one that did is.

import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { HashIndex } from './hash-index.ts';

let [root, cacheDir]: string[] = [];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-index-'));
  [root, cacheDir] = [join(folder, 'images'), join(folder, 'cache')];
  for (const name of ['train/a/1.png', 'train/b/2.png', 'validation/a/3.png', 'validation/b/4.png']) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), `content of ${name}`);
  }
});
afterEach(() => rmSync(join(root!, '..'), { recursive: true, force: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const stampOf = (path: string) => {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path);
  return [size, mtimeMs, ctimeMs, ino] as const;
};

it('gives back a hash for the same stamp only, and keeps it in a file', async () => {
  const index = await HashIndex.open(cacheDir!, root!);
  const stamp = [10, 1000, 1001, 7] as const;
  index.add('a\n"ü".png', stamp, sha256('x'), 1e12);
  await index.save();
  const again = await HashIndex.open(cacheDir!, root!);
  expect(again.find('a\n"ü".png', stamp)).toBe(sha256('x'));
  stamp.forEach((_, place) => {
    const other = stamp.map((value, i) => (i === place ? value + 1 : value)) as unknown as typeof stamp;
    expect(again.find('a\n"ü".png', other)).toBeUndefined();
  });
  expect((await HashIndex.open(cacheDir!, join(root!, 'train'))).find('a\n"ü".png', stamp)).toBeUndefined();
});

it('does not remember a file that was changed just before it was hashed', async () => {
  const index = await HashIndex.open(cacheDir!, root!);
  index.add('new.png', [1, 9_000, 9_000, 1], sha256('x'), 10_000);
  index.add('touched.png', [1, 1_000, 9_000, 1], sha256('x'), 10_000);
  expect(index.find('new.png', [1, 9_000, 9_000, 1])).toBeUndefined();
  expect(index.find('touched.png', [1, 1_000, 9_000, 1])).toBeUndefined();
});

it('saves reading unchanged files again, and sees the changed ones', async () => {
  // An index that says something untrue shows which files were taken from it.
  const index = await HashIndex.open(cacheDir!, root!);
  for (const name of ['train/a/1.png', 'train/b/2.png', 'validation/a/3.png'])
    index.add(name, stampOf(join(root!, name)), sha256('from the index'), Date.now() + 10_000);
  await index.save();

  const { size, mtime } = statSync(join(root!, 'train/a/1.png'));
  writeFileSync(join(root!, 'train/a/1.png'), 'x'.repeat(size));
  utimesSync(join(root!, 'train/a/1.png'), mtime, mtime);
  writeFileSync(join(root!, 'beside'), 'y'.repeat(size));
  renameSync(join(root!, 'beside'), join(root!, 'train/b/2.png'));

  const { splits } = await openDataset(root!, { cacheDir: cacheDir! });
  const hashes = Object.fromEntries(
    [...splits.train, ...splits.validation].map(({ path, hash }) => [path, hash]),
  );
  expect(hashes).toEqual({
    'train/a/1.png': sha256('x'.repeat(size)),
    'train/b/2.png': sha256('y'.repeat(size)),
    'validation/a/3.png': sha256('from the index'),
    'validation/b/4.png': sha256('content of validation/b/4.png'),
  });
});

it('is written by opening, and a damaged one counts as none', async () => {
  const old = new Date(Date.now() - 60_000);
  utimesSync(join(root!, 'train/a/1.png'), old, old);
  const first = await openDataset(root!, { cacheDir: cacheDir! });
  expect(await openDataset(root!, { cacheDir: cacheDir! })).toMatchObject({ hash: first.hash });
  mkdirSync(cacheDir!, { recursive: true });
  for (const name of readdirSync(cacheDir!)) {
    const text = readFileSync(join(cacheDir!, name), 'utf8');
    writeFileSync(join(cacheDir!, name), `${text.slice(0, 50)}\n[1,2]\nnull\n`);
  }
  expect((await openDataset(root!, { cacheDir: cacheDir! })).hash).toBe(first.hash);
});

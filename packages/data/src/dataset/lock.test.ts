// A lock file proves that a data set is still the same, and says what is not.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLock, verifyLock, writeLock } from './lock.ts';
import { openDataset } from './open-dataset.ts';

let root: string;
let lock: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-lock-'));
  lock = join(root, 'out', 'data.lock.json');
  for (const path of ['train/a', 'train/b', 'validation/a', 'validation/b']) {
    mkdirSync(join(root, path), { recursive: true });
    for (const name of ['1.jpg', 'quote".jpg']) writeFileSync(join(root, path, name), path + name);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('comes back as it was written, the same bytes each time', async () => {
  const dataset = await openDataset(root);
  await writeLock(lock, dataset);
  const text = readFileSync(lock, 'utf8');
  expect(await readLock(lock)).toEqual({
    hash: dataset.hash,
    classes: dataset.classes,
    splits: dataset.splits,
  });
  await writeLock(lock, await openDataset(root));
  expect(readFileSync(lock, 'utf8')).toBe(text);
  verifyLock(await readLock(lock), dataset);
});

it('names what changed, what is new and what is gone', async () => {
  const before = await readLock(lock);
  writeFileSync(join(root, 'train/a/1.jpg'), 'something else');
  writeFileSync(join(root, 'train/b/2.jpg'), 'new');
  rmSync(join(root, 'validation/b/1.jpg'));
  const dataset = await openDataset(root);
  expect(() => verifyLock(before, dataset)).toThrow(
    /"train\/a\/1.jpg" has changed, "train\/b\/2.jpg" is new in train, "validation\/b\/1.jpg" is no longer in validation\.$/,
  );
});

it('refuses a file that is no lock, or was edited', async () => {
  await expect(readLock(join(root, 'none.json'))).rejects.toThrow(/no such file/);
  const edited = join(root, 'edited.json');
  writeFileSync(edited, readFileSync(lock, 'utf8').replace('"a"', '"c"'));
  await expect(readLock(edited)).rejects.toThrow(/its lines do not give its hash/);
  writeFileSync(edited, '{"schema": 2}');
  await expect(readLock(edited)).rejects.toMatchObject({ code: 'lock' });
  writeFileSync(edited, 'not json');
  await expect(readLock(edited)).rejects.toMatchObject({ code: 'lock' });
});

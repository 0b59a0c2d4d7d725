// Loading a split: pixels in the order of its samples, and every file that fails named with its reason.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SightlineError } from '@sightline/core';
import { encodePng } from '@sightline/image';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageSource } from '../batch/image-source.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import type { FileFailure } from '../files/failures.ts';
import { imageAt } from './image-set.ts';
import { loadImages, openImages } from './load-images.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-load-'));
  for (const [label, name] of ['a', 'b'].entries()) {
    mkdirSync(join(root, 'train', name), { recursive: true });
    mkdirSync(join(root, 'validation', name), { recursive: true });
    for (let i = 0; i < 40; i++) writeFileSync(join(root, 'train', name, `${i}.png`), solid(label * 100 + i));
    writeFileSync(join(root, 'validation', name, 'v.png'), solid(7));
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const solid = (level: number) =>
  encodePng({ data: new Uint8Array(5 * 5 * 3).fill(level), width: 5, height: 5, channels: 3 });

it('loads in the order of the samples, into shared memory', async () => {
  const dataset = await openDataset(root);
  const progress: number[] = [];
  const set = await loadImages(dataset, 'train', {
    size: [3, 4],
    onProgress: ({ done }) => progress.push(done),
  });
  expect(set.shape).toEqual([80, 3, 4, 3]);
  expect(set.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...set.labels]).toEqual(dataset.splits.train.map(({ label }) => label));
  set.paths.forEach((path, i) => {
    const level = set.labels[i]! * 100 + Number.parseInt(path.split('/')[2]!, 10);
    expect(new Set(imageAt(set, i))).toEqual(new Set([level]));
  });
  expect(progress.at(-1)).toBe(80);
});

it('names each file that cannot be read, and why', async () => {
  const dataset = await openDataset(root);
  writeFileSync(join(root, 'train/a/3.png'), 'This is text, not a picture.');
  writeFileSync(join(root, 'train/a/5.png'), solid(1).subarray(0, 60));
  writeFileSync(join(root, 'train/b/1.png'), '');
  rmSync(join(root, 'train/b/9.png'));
  const error: SightlineError = await loadImages(dataset, 'train', { size: [5, 5] }).then(
    () => expect.fail('it should have been refused'),
    (thrown) => thrown,
  );
  expect(error.code).toBe('unreadable-image');
  expect((error.details.failures as FileFailure[]).map(({ path, reason }) => [path, reason])).toEqual([
    ['train/a/3.png', expect.stringMatching(/^it is not an image: it starts with "This is text, no"/)],
    ['train/a/5.png', 'its PNG data is cut short'],
    ['train/b/1.png', 'the file is empty'],
    ['train/b/9.png', 'there is no such file'],
  ]);
  expect(error.message).toMatch(
    /4 images cannot be read: "train\/a\/3\.png" \(it is not.*\); .*; "train\/b\/9\.png" \(there is no such file\)\. Mend or remove them/,
  );
});

it('stops when cancelled', async () => {
  const dataset = await openDataset(root);
  await expect(
    loadImages(dataset, 'train', { size: [5, 5], signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
});

it('takes decoded images from the cache, and makes a damaged cache again', async () => {
  const dataset = await openDataset(root);
  const cacheDir = join(root, 'cache');
  const options = { size: [3, 4], cacheDir } as const;
  const first = await loadImages(dataset, 'train', options);
  expect(readdirSync(cacheDir)).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.images$/)]);
  const { disk: _, ...files } = dataset.files;
  const broken = {
    ...dataset,
    files: { ...files, read: () => Promise.reject(new Error('not from the cache')) },
  };
  expect(await loadImages(broken, 'train', options)).toEqual(first);
  const [name] = readdirSync(cacheDir);
  const bytes = readFileSync(join(cacheDir, name!));
  bytes[bytes.length - 5]! ^= 1;
  writeFileSync(join(cacheDir, name!), bytes);
  await expect(loadImages(broken, 'train', options)).rejects.toThrow(/not from the cache/);
  expect(await loadImages(dataset, 'train', options)).toEqual(first);
  expect(await loadImages(broken, 'train', options)).toEqual(first);
  await loadImages(dataset, 'train', { ...options, interpolation: 'bilinear' });
  expect(readdirSync(cacheDir)).toHaveLength(2);
});

it('checks images of an untouched cache only where that is asked for', async () => {
  const dataset = await openDataset(root);
  const cacheDir = join(root, 'cache');
  const options = { size: [3, 4], cacheDir } as const;
  const first = await loadImages(dataset, 'train', options);
  const path = join(cacheDir, readdirSync(cacheDir)[0]!);
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  const last = bytes.length - 1;
  bytes[last]! ^= 1;
  writeFileSync(path, bytes);
  // What a disk does that loses a bit: nobody wrote, so the time of change stays.
  utimesSync(path, atime, mtime);
  expect((await loadImages(dataset, 'train', options)).data.at(-1)).toBe(bytes[last]);
  expect(await loadImages(dataset, 'train', { ...options, checkCache: true })).toEqual(first);
  expect((await loadImages(dataset, 'train', options)).data).toEqual(first.data);
});

it('trains from a file where memory is limited, with the same batches', async () => {
  const dataset = await openDataset(root);
  const cacheDir = join(root, 'cache');
  const memory = await loadImages(dataset, 'train', { size: [6, 6] });
  const stored = await openImages(dataset, 'train', { size: [6, 6], cacheDir, memoryLimit: 1000 });
  expect('file' in stored).toBe(true);
  for (const workers of [0, 2]) {
    const options = { batchSize: 32, seed: 1, shuffle: true, augmentation: { rotation: 10 }, workers };
    const want = imageSource(memory, options).batches(0)[Symbol.asyncIterator]();
    for await (const { x, indices } of imageSource(stored, options).batches(0)) {
      const { value } = await want.next();
      expect([x, indices]).toEqual([value.x, value.indices]);
    }
  }
  const path = join(cacheDir, readdirSync(cacheDir)[0]!);
  const bytes = readFileSync(path);
  bytes.fill(7, bytes.length - 2000);
  writeFileSync(path, bytes);
  const read = async () => {
    for await (const _ of imageSource(stored, { batchSize: 80, seed: 1, shuffle: true, workers: 1 }).batches(
      0,
    ));
  };
  await expect(read()).rejects.toThrow(/Image \d+ in the cache file .* is damaged\. Remove that file/);
});

it('says that memory does not hold the images, and what to do', async () => {
  const dataset = await openDataset(root);
  const [sample] = dataset.splits.train;
  // A million of 4096 x 4096: 48 TB.
  const train = Array.from({ length: 1_000_000 }, () => sample!);
  await expect(
    loadImages({ ...dataset, splits: { ...dataset.splits, train } }, 'train', { size: [4096, 4096] }),
  ).rejects.toMatchObject({
    code: 'memory',
    message: expect.stringMatching(/^The train images of .* take 46875\.0 GiB, more than .* a cache folder/),
  });
});

it('says that a cache cannot be written, and why', async () => {
  const dataset = await openDataset(root);
  const cacheDir = join(root, 'train/a/3.png');
  const options = { size: [6, 6], cacheDir } as const;
  for (const load of [
    () => loadImages(dataset, 'train', options),
    () => openImages(dataset, 'train', { ...options, memoryLimit: 0 }),
  ]) {
    await expect(load()).rejects.toMatchObject({
      code: 'cache',
      message: `The cache folder ${cacheDir} cannot be written: a file of this name is in the way. Choose another folder.`,
    });
  }
});

it('removes what a killed process left in the cache, and nothing of one that lives', async () => {
  const dataset = await openDataset(root);
  const cacheDir = join(root, 'cache');
  const options = { size: [6, 6], cacheDir } as const;
  await loadImages(dataset, 'train', options);
  const [name] = readdirSync(cacheDir);
  rmSync(join(cacheDir, name!));
  // No process has a number beyond 2^22 on Linux, nor 99,999 on macOS.
  const [dead, alive] = [`.${name}.99999999.1`, `.${name}.${process.ppid}.1`];
  for (const left of [dead, alive, 'of somebody else']) writeFileSync(join(cacheDir, left), 'x');
  await loadImages(dataset, 'train', options);
  expect(readdirSync(cacheDir).sort()).toEqual([alive, name, 'of somebody else'].sort());
});

it('leaves no file behind when it fails', async () => {
  const dataset = await openDataset(root);
  writeFileSync(join(root, 'train/a/3.png'), 'text');
  const cacheDir = join(root, 'cache');
  await expect(openImages(dataset, 'train', { size: [6, 6], cacheDir, memoryLimit: 0 })).rejects.toThrow(
    /train\/a\/3\.png/,
  );
  expect(readdirSync(cacheDir)).toEqual([]);
});

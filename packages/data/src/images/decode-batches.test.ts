// A stream of batches gives what loading at once gives, in order and with few buffers, whatever fails on the way.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { decodeBatches } from './decode-batches.ts';
import { imageAt } from './image-set.ts';
import { loadImages } from './load-images.ts';

const COUNT = 150;
const options = { size: [6, 8], interpolation: 'bilinear' } as const;

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sightline-batches-'));
  for (const folder of ['train/a', 'train/b', 'validation/a', 'validation/b'])
    mkdirSync(join(root, folder), { recursive: true });
  for (let i = 0; i < COUNT; i++) {
    const pixels = Uint8Array.from({ length: 9 * 7 * 3 }, (_, at) => (at * (i + 3)) % 256);
    const image = sharp(pixels, { raw: { width: 9, height: 7, channels: 3 } });
    // Every third is for the decoder with threads of its own.
    const bytes = await (i % 3 === 0 ? image.webp() : image.jpeg()).toBuffer();
    writeFileSync(join(root, `train/${i % 2 ? 'a' : 'b'}/${i}.${i % 3 === 0 ? 'webp' : 'jpg'}`), bytes);
    if (i < 2) writeFileSync(join(root, `validation/${i % 2 ? 'a' : 'b'}/${i}.jpg`), bytes);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.each([1, 32, 64, 500])('in batches of %i, as loaded at once', async (batchSize) => {
  const dataset = await openDataset(root);
  const samples = dataset.splits.train;
  const all = await loadImages(dataset, 'train', options);
  const done: number[] = [];
  const buffers = new Set<ArrayBufferLike>();
  let row = 0;
  const onProgress = (progress: { done: number; total: number }) => done.push(progress.done);
  for await (const { items, pixels } of decodeBatches(dataset, samples, {
    ...options,
    batchSize,
    onProgress,
  })) {
    buffers.add(pixels.buffer);
    // Time for a decoder to write where it should not.
    await new Promise((resolve) => setImmediate(resolve));
    items.forEach((sample, i) => {
      expect(sample).toBe(samples[row]);
      const size = 6 * 8 * 3;
      expect(Buffer.from(pixels.subarray(i * size, (i + 1) * size)).equals(imageAt(all, row++))).toBe(true);
    });
  }
  expect([row, done.at(-1)]).toEqual([COUNT, COUNT]);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(buffers.size).toBeLessThanOrEqual(3);
});

it('names all images that cannot be decoded, or leaves them out and tells of each', async () => {
  const dataset = await openDataset(root);
  const samples = dataset.splits.train.map((sample, i) =>
    [5, 70, 149].includes(i) ? { ...sample, path: `gone-${i}.jpg` } : sample,
  );
  const read = async (more: object) => {
    const paths: string[] = [];
    for await (const { items, pixels } of decodeBatches(dataset, samples, {
      ...options,
      batchSize: 16,
      ...more,
    })) {
      expect(pixels.length).toBe(items.length * 6 * 8 * 3);
      paths.push(...items.map(({ path }) => path));
    }
    return paths;
  };
  await expect(read({})).rejects.toMatchObject({
    code: 'unreadable-image',
    details: { failures: ['gone-5.jpg', 'gone-70.jpg', 'gone-149.jpg'].map((path) => ({ path })) },
  });
  const failures: string[] = [];
  const paths = await read({ onFailure: ({ path }: { path: string }) => failures.push(path) });
  expect(failures).toEqual(['gone-5.jpg', 'gone-70.jpg', 'gone-149.jpg']);
  expect(paths).toEqual(samples.map(({ path }) => path).filter((path) => !path.startsWith('gone')));
});

it('ends when it is cancelled or left, and takes no images at all', async () => {
  const dataset = await openDataset(root);
  const control = new AbortController();
  const read = async () => {
    const stream = decodeBatches(dataset, dataset.splits.train, {
      ...options,
      batchSize: 8,
      signal: control.signal,
    });
    for await (const _ of stream) control.abort();
  };
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
  for await (const { items } of decodeBatches(dataset, dataset.splits.train, { ...options, batchSize: 8 })) {
    expect(items).toHaveLength(8);
    break;
  }
  for await (const _ of decodeBatches(dataset, [], options)) expect.unreachable();
  await expect(decodeBatches(dataset, [], { ...options, ahead: 0 }).next()).rejects.toThrow(
    'ahead must be a whole number of 1 or more, not 0.',
  );
});

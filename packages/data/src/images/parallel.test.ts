// Work shared among threads: the same result as on one, every fault named whoever met it, and no thread that writes
// after it was told to stop.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { decodeImage } from '../decode/decode-image.ts';
import { imageAt } from './image-set.ts';
import { loadImages } from './load-images.ts';

const COUNT = 400;
/** What people and programs put into names, here and there. */
const ODD: Readonly<Record<number, string>> = { 2: ' two words', 3: '🚗', 4: '\nline', 5: 'é', 6: '%00\\' };
const NAMES = Array.from(
  { length: COUNT },
  (_, i) => `train/${i % 2 ? 'a' : 'b'}/${i}${ODD[i % 20] ?? ''}.${endingOf(i)}`,
);

/** Most are plain JPEG; some need the other decoder, which is another thread's. */
function endingOf(i: number): string {
  return i % 10 === 0 ? 'webp' : i % 10 === 1 ? 'gif' : 'jpg';
}

const FORMATS: Readonly<Record<string, 'jpeg' | 'webp' | 'gif'>> = { jpg: 'jpeg', webp: 'webp', gif: 'gif' };

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sightline-share-'));
  for (const folder of ['train/a', 'train/b', 'validation/a', 'validation/b'])
    mkdirSync(join(root, folder), { recursive: true });
  await Promise.all(
    NAMES.map(async (name, i) => {
      const pixels = Uint8Array.from({ length: 20 * 16 * 3 }, (_, at) => (at * (i + 3)) % 256);
      const image = sharp(pixels, { raw: { width: 20, height: 16, channels: 3 } });
      const format = FORMATS[name.split('.').at(-1)!]!;
      writeFileSync(join(root, name), await image.toFormat(format).toBuffer());
    }),
  );
  for (const name of ['a', 'b']) writeFileSync(join(root, 'validation', name, 'v.jpg'), readAt(NAMES[2]!));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const readAt = (name: string) => readFileSync(join(root, name));
const resize = {
  size: [8, 10] as const,
  interpolation: 'bilinear' as const,
  fit: 'crop' as const,
  cropFraction: 1,
};

it('decodes and hashes each file as it is decoded and hashed alone', async () => {
  const dataset = await openDataset(root);
  for (const { path, hash } of dataset.splits.train) {
    expect(hash).toBe(createHash('sha256').update(readAt(path)).digest('hex'));
  }
  const done: number[] = [];
  const set = await loadImages(dataset, 'train', { ...resize, onProgress: (at) => done.push(at.done) });
  expect(set.paths).toHaveLength(COUNT);
  for (const [i, path] of set.paths.entries()) {
    const alone = await decodeImage(readAt(path), resize);
    expect(Buffer.from(imageAt(set, i)).equals(alone.data), path).toBe(true);
  }
  expect(done.at(-1)).toBe(COUNT);
});

it('names every file that fails, in order, whichever thread met it', async () => {
  const dataset = await openDataset(root);
  const bad = [3, 77, 150, 298, 399].map((i) => NAMES[i]!);
  const whole = bad.map(readAt);
  for (const name of bad) writeFileSync(join(root, name), 'This is no picture.');
  const error = await loadImages(dataset, 'train', resize).catch((thrown: unknown) => thrown);
  for (const [i, name] of bad.entries()) writeFileSync(join(root, name), whole[i]!);
  const inOrder = dataset.splits.train.map(({ path }) => path).filter((path) => bad.includes(path));
  expect(error).toMatchObject({
    code: 'unreadable-image',
    details: {
      failures: inOrder.map((path) => ({ path, reason: expect.stringMatching(/^it is not an image/) })),
    },
  });
});

it('ends with an AbortError when it is cancelled on the way', async () => {
  const dataset = await openDataset(root);
  const control = new AbortController();
  let done = 0;
  const onProgress = (at: { readonly done: number }) => {
    done = at.done;
    control.abort();
  };
  const { signal } = control;
  await expect(loadImages(dataset, 'train', { ...resize, signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(done).toBeLessThan(COUNT);
});

// A folder with one of every fault, and one without any.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodePng } from '@sightline/image';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { formatTable } from '../dataset/table.ts';
import { checkDataset } from './check-dataset.ts';
import { checkPictures } from './check-pictures.ts';
import { cleanList } from './clean-list.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-check-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), bytes);
}

/** A picture of a few smooth waves: different seeds look different. */
function picture(seed: number, side = 48): Uint8Array {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    const wave =
      Math.sin((x / side) * (1 + ((seed * 7) % 11)) + seed) +
      Math.cos((y / side) * (2 + ((seed * 5) % 13)) + channel);
    return 128 + 60 * wave;
  });
  return encodePng({ data, width: side, height: side, channels: 3 });
}

it('finds nothing in a sound folder', async () => {
  for (let i = 0; i < 24; i++)
    put(`sound/${i % 2 ? 'train' : 'validation'}/${i % 4 < 2 ? 'a' : 'b'}/${i}.png`, picture(i));
  const report = await checkDataset(join(root, 'sound'));
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({
    classes: ['a', 'b'],
    counts: { train: { a: 6, b: 6 }, validation: { a: 6, b: 6 } },
    formats: { png: 24 },
    sizes: { smallest: '48 x 48', median: '48 x 48', largest: '48 x 48' },
    errors: 0,
    warnings: 0,
  });
});

it('finds one of every fault, and its clean list has none', async () => {
  const saved = (seed: number) => sharp(picture(seed)).resize(40, 40).jpeg({ quality: 80 }).toBuffer();
  for (let i = 0; i < 20; i++) put(`bad/train/a/${i}.png`, picture(i));
  for (let i = 20; i < 24; i++) put(`bad/train/b/${i}.png`, picture(i));
  for (let i = 24; i < 26; i++) put(`bad/validation/b/${i}.png`, picture(i));
  put('bad/validation/a/26.png', picture(26));
  put('bad/train/a/copy of 0.png', picture(0));
  put('bad/validation/a/leaked 1.png', picture(1));
  put('bad/train/b/relabelled 2.png', picture(2));
  put('bad/train/a/again 3.jpg', await saved(3));
  put('bad/validation/a/again 4.jpg', await saved(4));
  put('bad/train/b/alike 6.jpg', await saved(6));
  put('bad/train/a/really a png.jpg', picture(27));
  put(
    'bad/train/a/flat.png',
    encodePng({ data: new Uint8Array(32 * 32 * 3).fill(90), width: 32, height: 32, channels: 3 }),
  );
  put('bad/train/a/tiny.png', picture(28, 8));
  put('bad/train/a/text.jpg', Buffer.from('Dear reader, this is text.'));
  put('bad/train/a/cut.png', picture(5).subarray(0, 500));
  put('bad/train/a/notes.txt', Buffer.from('notes'));
  mkdirSync(join(root, 'bad/train/c'));

  const report = await checkDataset(join(root, 'bad'));
  expect(report.findings.map(({ kind, paths }) => [kind, ...paths])).toEqual([
    ['layout', 'train/c'],
    ['unreadable', 'train/a/cut.png'],
    ['unreadable', 'train/a/text.jpg'],
    ['duplicate', 'train/a/0.png', 'train/a/copy of 0.png'],
    ['leak', 'train/a/1.png', 'validation/a/leaked 1.png'],
    ['label-conflict', 'train/a/2.png', 'train/b/relabelled 2.png'],
    ['near-duplicate', 'train/a/3.png', 'train/a/again 3.jpg'],
    ['near-leak', 'train/a/4.png', 'validation/a/again 4.jpg'],
    ['near-label-conflict', 'train/a/6.png', 'train/b/alike 6.jpg'],
    ['wrong-extension', 'train/a/really a png.jpg'],
    ['one-color', 'train/a/flat.png'],
    ['tiny', 'train/a/tiny.png'],
    ['odd', 'train/a/flat.png'],
    ['odd', 'train/a/tiny.png'],
    ['imbalance'],
    ['ignored', 'train/a/notes.txt'],
  ]);
  expect([report.errors, report.warnings]).toEqual([6, 10]);

  const { rows, leftOut } = cleanList(report);
  expect(leftOut.map(({ path, because }) => [path, because])).toEqual([
    ['train/a/2.png', 'the same image under another label: "train/b/relabelled 2.png"'],
    ['train/a/copy of 0.png', 'the same image as "train/a/0.png"'],
    ['train/a/cut.png', 'it cannot be read'],
    ['train/a/text.jpg', 'it cannot be read'],
    ['train/b/relabelled 2.png', 'the same image under another label: "train/a/2.png"'],
    ['validation/a/again 4.jpg', 'looks like "train/a/4.png"'],
    ['validation/a/leaked 1.png', 'the same image as "train/a/1.png"'],
  ]);
  expect(new Set([...rows, ...leftOut].map(({ path }) => path)).size).toBe(report.images.length);

  const pictures = await checkPictures(report, { side: 24 });
  const wanted = report.findings.filter(({ kind }) => !['layout', 'unreadable', 'ignored'].includes(kind));
  expect(new Set(pictures.map(({ path }) => path))).toEqual(new Set(wanted.flatMap(({ paths }) => paths)));
  const flat = pictures.find(({ path }) => path.endsWith('flat.png'))!.image;
  expect([flat.width, flat.height, new Set(flat.data)]).toEqual([24, 24, new Set([90])]);
  const few = await checkPictures(report, { perKind: 1, perFinding: 1 });
  expect(few.map(({ path }) => path).slice(0, 2)).toEqual(['train/a/0.png', 'train/a/1.png']);

  put('bad/clean.csv', Buffer.from(formatTable(rows)));
  const { splits } = await openDataset(join(root, 'bad/clean.csv'));
  expect(splits.train.length + splits.validation.length).toBe(rows.length);
  expect((await checkDataset(join(root, 'bad/clean.csv'))).errors).toBe(0);
});

it('sees what a drawn split would tear apart', async () => {
  for (let i = 0; i < 24; i++) {
    put(`drawn/${i % 2 ? 'a' : 'b'}/${i}.png`, picture(i));
    put(
      `drawn/${i % 2 ? 'a' : 'b'}/${i} again.jpg`,
      await sharp(picture(i)).jpeg({ quality: 80 }).toBuffer(),
    );
  }
  const report = await checkDataset(join(root, 'drawn'));
  const { splits } = await openDataset(join(root, 'drawn'));
  const inValidation = new Set(splits.validation.map(({ path }) => path));
  const torn = report.images
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.png'))
    .filter((path) => inValidation.has(path) !== inValidation.has(path.replace('.png', ' again.jpg')));
  expect(torn.length).toBeGreaterThan(2);
  const leaks = report.findings.filter(({ kind }) => kind === 'near-leak');
  expect(leaks.flatMap(({ paths }) => paths.filter((path) => path.endsWith('.png')))).toEqual(torn);
  expect(leaks[0]!.message).toMatch(/^These look alike, and will be drawn into (train|validation) and /);
  expect(report.findings).toHaveLength(24);

  put(
    'drawn.csv',
    Buffer.from(formatTable(cleanList(report).rows.map((row) => ({ ...row, path: `drawn/${row.path}` })))),
  );
  expect((await checkDataset(join(root, 'drawn.csv'))).errors).toBe(0);
});

it('sees a class that has no images for training, and a row of a list that contradicts another', async () => {
  for (const [i, path] of ['train/a/1', 'train/b/2', 'test/a/3', 'test/c/4'].entries())
    put(`untrained/${path}.png`, picture(i));
  const { findings } = await checkDataset(join(root, 'untrained'));
  expect(findings.map(({ kind, message }) => [kind, message])).toEqual([
    ['layout', 'The class "c" has no images for training.'],
  ]);
  put(
    'untrained/list.csv',
    Buffer.from(
      'path,label\ntrain/a/1.png,a\ntrain/a/1.png,a\ntrain/b/2.png,a\ntrain/b/2.png,b\ntest/c/4.png,b\n',
    ),
  );
  const { rows, leftOut } = cleanList(await checkDataset(join(root, 'untrained/list.csv')));
  expect(rows.map(({ path }) => path)).toEqual(['test/c/4.png', 'train/a/1.png']);
  expect(leftOut).toEqual([
    { path: 'train/b/2.png', kind: 'label-conflict', because: 'the same image under another label' },
  ]);
});

it('reports an empty folder, and refuses one that is not there', async () => {
  mkdirSync(join(root, 'empty'));
  const { findings, errors } = await checkDataset(join(root, 'empty'));
  expect([findings[0]!.kind, errors]).toEqual(['layout', 1]);
  await expect(checkDataset(join(root, 'nothing'))).rejects.toMatchObject({ code: 'missing-folder' });
});

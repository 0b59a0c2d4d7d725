// `sightline check` on folders with faults: what it prints, what it writes, and that it touches no image.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDataset } from '@sightline/data';
import { listChecks } from '@sightline/runs';
import { encodePng, pngSize } from '@sightline/viz';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { call } from '../../../test/call.ts';
import { takePrinted } from '../../../test/printed.ts';
import { sightline } from '../sightline.ts';

let folder: string;
let photos: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-check-'));
  photos = join(folder, 'my photos');
  for (let i = 0; i < 6; i++) put(`train/${i % 2 ? 'a' : 'b'}/${i}.png`, picture(i));
  put('validation/a/6.png', picture(6));
  put('validation/b/7.png', picture(7));
  put('train/a/copy, "of" 1.png', picture(1));
  put('validation/b/leak of 2.png', picture(2));
  put('train/a/other label 4.png', picture(4));
  put('train/a/broken.png', picture(8).subarray(0, 60));
  printed = '';
  takePrinted((text) => {
    printed += text;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(photos, path)), { recursive: true });
  writeFileSync(join(photos, path), bytes);
}

/** Coarse blocks of color: none looks like another. */
function picture(seed: number): Uint8Array {
  const side = 32;
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y, channel] = [(Math.floor(i / 3) % side) >> 3, Math.floor(i / 3 / side) >> 3, i % 3];
    return createHash('sha256').update(`${seed} ${x} ${y} ${channel}`).digest()[0]!;
  });
  return encodePng({ data, width: side, height: side, channels: 3 });
}

const contents = () =>
  readdirSync(photos, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]);

const kept = ['train/a/1.png', 'train/a/3.png', 'train/a/5.png', 'train/b/0.png', 'train/b/2.png'];

test('--fix writes a list beside the folder, says what it leaves out and why, and touches no image', async () => {
  const before = contents();
  expect(await sightline(['check', photos, '--fix', '--allow-losses'])).toBe(0);
  expect(contents()).toEqual(before);
  const list = join(folder, 'my photos.clean.csv');
  expect(printed).toContain(`${list} lists 7 images. Nothing was deleted or moved.`);
  expect(printed).toContain('Left out (5):');
  expect(printed).toContain('"train/a/broken.png": it cannot be read');
  expect(printed).toContain('"train/a/copy, \\"of\\" 1.png": the same image as "train/a/1.png"');
  expect(printed).toContain(
    '"train/a/other label 4.png": the same image under another label: "train/b/4.png"',
  );
  expect(printed).toContain('"validation/b/leak of 2.png": the same image as "train/b/2.png"');

  const { splits } = await openDataset(list);
  expect(splits.train.map(({ path }) => path)).toEqual(kept.map((path) => `my photos/${path}`));
  expect(splits.validation.map(({ path }) => path)).toEqual([
    'my photos/validation/a/6.png',
    'my photos/validation/b/7.png',
  ]);
  expect(await sightline(['check', list])).toBe(0);
});

test('--fix does not replace a file, and needs a name that can be written', async () => {
  const list = join(folder, 'lists', 'clean.jsonl');
  expect(await sightline(['check', photos, '--fix', '--allow-losses', '--out', list])).toBe(0);
  const { splits } = await openDataset(list);
  expect(splits.train.map(({ path }) => path)).toEqual(kept.map((path) => `../my photos/${path}`));
  const written = readFileSync(list, 'utf8');
  expect(await sightline(['check', photos, '--fix', '--out', list])).toBe(1);
  expect(printed).toContain('is there already. Remove it, or give another name with --out.');
  expect(readFileSync(list, 'utf8')).toBe(written);
  expect(await sightline(['check', photos, '--out', list])).toBe(2);
  expect(printed).toContain('--out names the table that --fix writes');
});

test('--fix refuses to gut a class, and writes nothing', async () => {
  // Of b's five images a wrong label and a leak go; what a loses is damaged or a copy, but for one.
  expect(await sightline(['check', photos, '--fix'])).toBe(1);
  expect(printed).toContain('The list would take from "b" 2 of its 5 images. See "sightline check');
  expect(printed).toContain('add --allow-losses.');
  expect(readdirSync(folder)).toEqual(['my photos']);
});

test('--fix keeps groups, and the split that was drawn with them', async () => {
  const shots = join(folder, 'shots');
  for (const name of ['a', 'b']) {
    mkdirSync(join(shots, name), { recursive: true });
    // Twelve objects, two shots of each.
    for (let i = 0; i < 24; i++) {
      const seed = 100 + i + (name === 'a' ? 0 : 50);
      writeFileSync(join(shots, name, `${name}${i >> 1}_${i & 1}.png`), picture(seed));
    }
  }
  const list = join(folder, 'shots.csv');
  const given = ['--group', String.raw`(\w\d+)_`, '--validation-fraction', '0.4'];
  expect(await sightline(['check', shots, ...given, '--fix', '--out', list])).toBe(0);
  expect(readFileSync(list, 'utf8').split('\n')[0]).toBe('path,label,split,group');
  const { splits } = await openDataset(list);
  const groups = (split: 'train' | 'validation') => new Set(splits[split].map(({ group }) => group));
  expect([splits.validation.length, groups('validation').size]).toEqual([20, 10]);
  expect([...groups('train')].filter((group) => groups('validation').has(group))).toEqual([]);
  const drawn = await openDataset(shots, { group: given[1]!, validationFraction: 0.4 });
  expect(splits.validation.map(({ hash }) => hash)).toEqual(drawn.splits.validation.map(({ hash }) => hash));
});

test('a fault of the folders is not for --fix: a list of their images has it, too', async () => {
  for (let i = 20; i < 23; i++) put(`train/A/${i}.png`, picture(i));
  expect(await sightline(['check', photos])).toBe(1);
  expect(printed).toContain('The classes "A", "a" are one name');
  expect(printed).not.toContain('--fix');
  expect(printed).toContain('# Once that is mended, check again');
  printed = '';
  expect(await sightline(['check', photos, '--fix', '--allow-losses'])).toBe(1);
  expect(printed).toContain('Mend the folders first: the list has 1 error of theirs, too.');
  expect(printed).not.toContain('# Train');
});

test('--fix refuses what a list cannot name', async () => {
  put('sprites.json', Buffer.from('{}'));
  expect(await sightline(['check', photos, '--fix'])).toBe(1);
  expect(printed).toContain("A list can't name images inside of the sprites in");
});

test('--json has the whole report, with what --fix left out', async () => {
  const { code, stdout } = await call('check', photos, '--json', '--fix', '--allow-losses');
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    root: photos,
    classes: ['a', 'b'],
    counts: { train: { a: 5, b: 3 }, validation: { a: 1, b: 2 } },
    formats: { png: 11 },
    sizes: { smallest: '32 x 32' },
    errors: 3,
    fix: { file: join(folder, 'my photos.clean.csv'), kept: 7 },
  });
  expect(report.images).toHaveLength(12);
  expect(report.fix.leftOut).toHaveLength(5);
  const one = createHash('sha256')
    .update(readFileSync(join(photos, 'train/a/1.png')))
    .digest('hex');
  expect(report.images[0]).toEqual({
    path: 'train/a/1.png',
    className: 'a',
    split: 'train',
    use: 'train',
    format: 'png',
    width: 32,
    height: 32,
    hash: one,
  });
});

test('--save keeps the check with its pictures for the site', async () => {
  const save = join(folder, 'checks', 'photos');
  expect(await sightline(['check', photos, '--save', save])).toBe(1);
  const { checks, broken } = listChecks(join(folder, 'checks'));
  expect(broken).toEqual([]);
  const { check } = checks[0]!;
  expect(check).toMatchObject({ images: 12, errors: 3, classes: ['a', 'b'] });
  expect(check.command).toBe(`npm run sightline -- check '${photos}' --save ${save}`);
  const { items, tile, columns } = check.pictures!;
  expect(items.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['train/b/2.png', 'validation/b/leak of 2.png', 'train/a/copy, "of" 1.png']),
  );
  expect(items.map(({ path }) => path)).not.toContain('train/a/broken.png');
  expect(pngSize(readFileSync(join(save, 'pictures.png')))).toEqual({
    width: columns * tile[1],
    height: Math.ceil(items.length / columns) * tile[0],
  });
});

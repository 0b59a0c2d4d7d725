// Zip archives (packed by fflate, another implementation) and tables as data sets, and what people may put in them.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { encodePng } from '@sightline/image';
import fc from 'fast-check';
import { type Zippable, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileList, fileProcessor } from '../files/file-reader.ts';
import { folderTree } from '../files/folder-tree.ts';
import { zipTree } from '../files/zip-tree.ts';
import { loadImages } from '../images/load-images.ts';
import { openDataset } from './open-dataset.ts';
import { formatTable, readTable } from './table.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-sources-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const png = (level: number) =>
  encodePng({ data: new Uint8Array(12).fill(level), width: 2, height: 2, channels: 3 });
const files: Zippable = {
  'set/train/a/1.png': [png(1), { level: 0 }],
  'set/train/b/2.png': png(2),
  'set/validation/a/ü 🚗.png': png(3),
  'set/validation/b/4.png': png(4),
  '__MACOSX/set/train/a/1.png': png(9),
  'set/.DS_Store': png(9),
};

function save(name: string, bytes: Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, bytes);
  return path;
}

describe('a zip archive', () => {
  it('is read as the folder that was packed, stored or deflated', async () => {
    const dataset = await openDataset(save('set.zip', zipSync(files)));
    expect(dataset.splits.train.map(({ path, label }) => [path, label])).toEqual([
      ['set/train/a/1.png', 0],
      ['set/train/b/2.png', 1],
    ]);
    const { data, paths } = await loadImages(dataset, 'validation', { size: [2, 2] });
    expect(paths).toEqual(['set/validation/a/ü 🚗.png', 'set/validation/b/4.png']);
    expect([data[0], data[12]]).toEqual([3, 4]);
  });

  it.each(['../out.png', 'a/../../out.png', '/etc/out.png', 'C:/out.png', 'a\\..\\out.png'])(
    'may not name %s',
    async (name) => {
      const path = save('climb.zip', zipSync({ ...files, [name]: png(1) }));
      await expect(openDataset(path)).rejects.toMatchObject({
        code: 'zip',
        message: expect.stringMatching(/outside of itself/),
      });
    },
  );

  it('that is a bomb is not unpacked further than it says', async () => {
    const bomb = Buffer.from(zipSync({ 'a/1.png': new Uint8Array(5_000_000), 'b/2.png': png(1) }));
    const entry = bomb.lastIndexOf('a/1.png') - 46;
    bomb.writeUInt32LE(10, entry + 24);
    const tree = await zipTree(save('bomb.zip', bomb));
    await expect(tree.read('a/1.png')).rejects.toThrow('it unpacks to more than the 10 bytes it says');
    bomb.writeUInt32LE(0xf0000000, entry + 24);
    await expect((await zipTree(save('bomb.zip', bomb))).read('a/1.png')).rejects.toThrow(
      /unpacks to 4026531840 bytes, more than/,
    );
  });

  it('with a damaged file names that file', async () => {
    const bytes = Buffer.from(
      zipSync({ 'a/1.png': [png(1), { level: 0 }], 'a/2.png': png(2), 'b/3.png': png(3) }),
    );
    bytes[bytes.indexOf('IDAT') + 8]! ^= 1;
    await expect(openDataset(save('damaged.zip', bytes))).rejects.toMatchObject({
      code: 'unreadable-image',
      details: { failures: [{ path: 'a/1.png', reason: 'the archive is damaged there' }] },
    });
  });

  it('that is none, or was cut, is said to be', async () => {
    await expect(openDataset(save('text.zip', Buffer.from('not a zip')))).rejects.toThrow(
      /text\.zip is not a whole zip archive/,
    );
    const whole = zipSync(files);
    for (let tenths = 0; tenths < 10; tenths++) {
      const cut = save('cut.zip', whole.subarray(0, (whole.length * tenths) / 10));
      await expect(openDataset(cut)).rejects.toMatchObject({ code: 'zip' });
    }
  });

  it('with any damage gives a data set or a SightlineError', async () => {
    const whole = zipSync(files);
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const result = await openDataset(save('fuzz.zip', bytes)).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(SightlineError);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});

describe('a table', () => {
  it.skipIf(process.platform === 'win32')('that names a pipe or a device: neither is opened', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.png')]);
    const rows = [1, 2, 3, 4].map(
      (i) => `"images/${i}, ""x"".png",${i % 2 ? 'odd' : 'even'},${i < 3 ? 'train' : 'validation'}`,
    );
    for (const [name, reason] of [
      ['pipe.png', 'it is a pipe'],
      ['/dev/zero', 'it is a device or a socket'],
    ] as const) {
      const table = save(
        'strange.csv',
        Buffer.from(['path,label,split', ...rows, `${name},odd,train`].join('\n')),
      );
      await expect(openDataset(table)).rejects.toThrow(reason);
      const folder = name.startsWith('/') ? '/' : root;
      await expect(folderTree(folder).read(name)).rejects.toThrow(reason);
      const { process } = fileProcessor(fileList(folder, [name]), () => true);
      expect(() => process(0)).toThrow(reason);
    }
    await expect(readTable(join(root, 'pipe.png'))).rejects.toThrow('it is a pipe');
  });

  beforeAll(() => {
    mkdirSync(join(root, 'images'), { recursive: true });
    for (const level of [1, 2, 3, 4]) writeFileSync(join(root, 'images', `${level}, "x".png`), png(level));
  });

  it('in CSV may quote, and gives splits', async () => {
    const rows = [1, 2, 3, 4].map(
      (i) => `"images/${i}, ""x"".png",${i % 2 ? 'odd' : 'even'},${i < 3 ? 'train' : 'validation'}`,
    );
    const dataset = await openDataset(
      save('list.csv', Buffer.from(`\uFEFFpath,label,split\r\n${rows.join('\r\n')}\r\n`)),
    );
    expect(dataset.classes).toEqual(['even', 'odd']);
    const { data, labels } = await loadImages(dataset, 'train', { size: [2, 2] });
    expect([data[0], data[12], ...labels]).toEqual([2, 1, 0, 1]);
    expect(dataset.splits.validation).toHaveLength(2);
  });

  it('in JSON Lines draws a split where none is given', async () => {
    const rows = [1, 2, 3, 4].map((i) => JSON.stringify({ path: `images/${i}, "x".png`, label: i % 2 }));
    const { classes, splits } = await openDataset(save('list.jsonl', Buffer.from(rows.join('\n'))));
    expect([classes, splits.train.length, splits.validation.length]).toEqual([['0', '1'], 2, 2]);
  });

  it('may name its images by whole paths, its splits as people do, and a row twice', async () => {
    const rows = [1, 2, 3, 4].map((i) => ({
      path: join(root, 'images', `${i}, "x".png`),
      label: i % 2 ? 'odd' : 'even',
      split: i < 3 ? 'Training' : 'val',
    }));
    const text = [...rows, rows[0]].map((row) => JSON.stringify(row)).join('\n');
    const { splits } = await openDataset(save('whole.jsonl', Buffer.from(`\uFEFF${text}`)));
    expect(splits.train.map(({ path }) => path)).toEqual(['images/2, "x".png', 'images/1, "x".png']);
    expect(splits.validation).toHaveLength(2);
  });

  it('that is not UTF-8 is said to be', async () => {
    const path = save('utf16.csv', Buffer.from('\uFEFFpath,label\n', 'utf16le'));
    await expect(openDataset(path)).rejects.toThrow(/utf16\.csv is not UTF-8 text\. Save it as CSV in UTF-8/);
  });

  it.each<[string, string, RegExp]>([
    [
      'no-columns.csv',
      'a,b\n1,2\n',
      /no-columns\.csv has no column for the path \(such as path, file or filename\)\. Its columns are "a" and "b"/,
    ],
    [
      'no-label.csv',
      'path,label\nx.png,\n',
      /Line 2 of .*no-label\.csv: label must be a text that is not empty, not ""/,
    ],
    [
      'bad-split.csv',
      'path,label,split\n"a\nb.png",c,train\nx.png,c,other\n',
      /Line 4 of .*: split must be train, validation or test, not "other"/,
    ],
    ['bad.jsonl', '{"path": "a"', /Line 1 of .* is not a JSON object/],
    ['nothing.csv', 'path,label\n', /lists no images/],
    [
      'open-quote.csv',
      'path,label\n"x.png,a\ny.png,b\n',
      /Line 2 of .* has a quote \("\) that is never closed/,
    ],
    ['old-mac.csv', 'a,b\r1,2\r', /Its columns are "a" and "b"/],
    ['wide.csv', `${'x'.repeat(5000)},b\n`, /Its columns are "x{199}…/],
  ])('%s is refused with its line', async (name, text, message) => {
    await expect(openDataset(save(name, Buffer.from(text)))).rejects.toThrow(message);
  });

  it.each<[string, string]>([
    ['semicolons.csv', 'path;label\nimages/1, "x".png;odd\nimages/2, "x".png;even\n'],
    ['excel.csv', '\uFEFFsep=;\r\npath;label\r\nimages/1, "x".png;odd\r\nimages/2, "x".png;even\r\n'],
    ['tabs.tsv', 'file\ttarget\nimages/1, "x".png\todd\nimages/2, "x".png\teven\n'],
    ['windows.csv', 'path,label\n"images\\1, ""x"".png",odd\n"images\\2, ""x"".png",even \n'],
    [
      'truth.jsonl',
      '{"image":"images/1, \\"x\\".png","class":true}\n{"image":"images/2, \\"x\\".png","class":false}\n',
    ],
  ])('as other programs write it: %s', async (name, text) => {
    const { splits, classes } = await openDataset(save(name, Buffer.from(text)));
    expect([...splits.train, ...splits.validation].map(({ path }) => path).sort()).toEqual([
      'images/1, "x".png',
      'images/2, "x".png',
    ]);
    expect(classes).toEqual(name === 'truth.jsonl' ? ['false', 'true'] : ['even', 'odd']);
  });

  it('with columns of other names', async () => {
    const lines = [1, 2, 3, 4].map(
      (i) => `"images/${i}, ""x"".png",${i % 2 ? 'odd' : 'even'},box ${Math.ceil(i / 2)}`,
    );
    const path = save('named.csv', Buffer.from(`where,what,box\n${lines.join('\n')}\n`));
    const columns = { path: 'where', label: 'what', group: 'box' };
    const { splits } = await openDataset(path, { columns });
    const boxOf = ({ path }: { path: string }) => Math.ceil(Number(path[7]) / 2);
    expect(new Set([...splits.train.map(boxOf), ...splits.validation.map(boxOf)]).size).toBe(2);
    expect(splits.validation.map(boxOf)).not.toContain(boxOf(splits.train[0]!));
    await expect(openDataset(path, { columns: { path: 'here' } })).rejects.toThrow(
      /named\.csv has no column "here"\. Its columns are "where", "what" and "box"/,
    );
  });

  it('that lists a file which is not there says which', async () => {
    await expect(
      openDataset(save('gone.csv', Buffer.from('path,label\nnone.png,a\nnone2.png,b\n'))),
    ).rejects.toMatchObject({
      details: {
        failures: [
          { path: 'none.png', reason: 'there is no such file' },
          { path: 'none2.png', reason: 'there is no such file' },
        ],
      },
    });
  });

  it('is read as it was written, whatever is in it', async () => {
    const text = fc.string({ minLength: 1, unit: 'binary' }).filter((s) => s.trim() !== '' && !/\r/.test(s));
    const row = fc.record({
      path: text,
      // Blanks at the ends of a name mean nothing.
      label: text.map((label) => label.trim()),
      split: fc.constantFrom('train' as const, 'validation' as const, 'test' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
        expect(await readTable(save('round.csv', Buffer.from(formatTable(rows))))).toEqual(rows);
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});

describe('sprites', () => {
  const folder = () => join(root, 'sprites');
  const sprite = (levels: number[]) =>
    encodePng({
      data: Uint8Array.from({ length: levels.length * 12 }, (_, i) => levels[Math.floor(i / 12)]!),
      width: 4,
      height: levels.length,
      channels: 3,
    });
  const describeAs = (value: object) => writeFileSync(join(folder(), 'sprites.json'), JSON.stringify(value));
  const good = {
    side: 2,
    classes: ['cat', 'dog'],
    train: [
      { image: 'one.png', labels: 'labels.json' },
      { image: 'two.png', labels: 'labels.json', first: 3 },
    ],
    validation: [{ image: 'three.png', labels: 'other.json' }],
  };
  beforeAll(() => {
    mkdirSync(folder());
    writeFileSync(join(folder(), 'one.png'), sprite([10, 11, 12]));
    writeFileSync(join(folder(), 'two.png'), sprite([13, 14]));
    writeFileSync(join(folder(), 'three.png'), sprite([20, 21]));
    writeFileSync(join(folder(), 'labels.json'), '[0,1,1,0,1]');
    writeFileSync(join(folder(), 'other.json'), '[1,0]');
  });

  it('are a data set of the images in them', async () => {
    describeAs(good);
    const dataset = await openDataset(folder());
    expect(dataset.classes).toEqual(['cat', 'dog']);
    const { data, labels, paths } = await loadImages(dataset, 'train', { size: [2, 2] });
    expect(paths).toEqual(['one/0.png', 'two/0.png', 'one/1.png', 'one/2.png', 'two/1.png']);
    expect([...labels]).toEqual([0, 0, 1, 1, 1]);
    expect([0, 1, 2, 3, 4].map((i) => data[i * 12])).toEqual([10, 13, 11, 12, 14]);
    expect(dataset.splits.validation.map(({ path }) => path)).toEqual(['three/1.png', 'three/0.png']);
  });

  it('are found in an archive of their folder', async () => {
    describeAs(good);
    const names = ['sprites.json', 'one.png', 'two.png', 'three.png', 'labels.json', 'other.json'];
    const packed = Object.fromEntries(
      names.map((name) => [`set/${name}`, new Uint8Array(readFileSync(join(folder(), name)))]),
    );
    const path = save('sprites.zip', zipSync(packed));
    const { classes, splits } = await openDataset(path);
    expect([classes, splits.train.length, splits.validation.length]).toEqual([['cat', 'dog'], 5, 2]);
  });

  it.each<[string, object, RegExp]>([
    ['no classes', { ...good, classes: [] }, /sprites\.json does not describe sprites/],
    ['another side', { ...good, side: 3 }, /one\.png must be 9 pixels wide/],
    [
      'too few labels',
      { ...good, validation: [{ image: 'three.png', labels: 'other.json', first: 1 }] },
      /has 1 labels from 1 on, but three\.png has 2/,
    ],
    ['a label without a class', { ...good, classes: ['cat'] }, /labels\.json does not describe/],
    [
      'a sprite that is not there',
      { ...good, train: [{ image: 'no.png', labels: 'labels.json' }] },
      /no\.png in .* no such file/,
    ],
  ])('with %s are refused', async (_, value, message) => {
    describeAs(value);
    await expect(openDataset(folder())).rejects.toThrow(message);
  });
});

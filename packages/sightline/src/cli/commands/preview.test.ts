// `sightline preview`: the picture that it writes, its description of each tile, and what it refuses.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRgb } from '@sightline/data';
import { encodePng } from '@sightline/viz';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takePrinted } from '../../../test/printed.ts';
import { parseAugmentation } from '../augmentation-option.ts';
import { sightline } from '../sightline.ts';

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-preview-'));
  for (const [label, name] of ['cat', 'dog'].entries()) {
    for (const split of ['train', 'validation'])
      mkdirSync(join(folder, 'set', split, name), { recursive: true });
    for (let i = 0; i < 9; i++) {
      const data = new Uint8Array(4 * 4 * 3).fill(label * 100 + i * 5 + 20);
      const png = encodePng({ data, width: 4, height: 4, channels: 3 });
      writeFileSync(join(folder, 'set/train', name, `${i}.png`), png);
    }
    const png = encodePng({ data: new Uint8Array(48).fill(label + 1), width: 4, height: 4, channels: 3 });
    writeFileSync(join(folder, 'set/validation', name, 'v.png'), png);
  }
  printed = '';
  takePrinted((text) => {
    printed += text;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => sightline(['preview', join(folder, 'set'), ...args]);

test('shows as many images of each class, the same for the same seed', async () => {
  const file = join(folder, 'sheet.png');
  expect(await run('--out', file, '--count', '6', '--image-size', '64', '--json')).toBe(0);
  const { tiles, width, height } = JSON.parse(printed);
  expect(tiles.map(({ label }: { label: string }) => label).sort()).toEqual([
    ...['cat', 'cat', 'cat'],
    ...['dog', 'dog', 'dog'],
  ]);
  const bytes = readFileSync(file);
  const picture = await decodeRgb(bytes);
  expect([picture.width, picture.height]).toEqual([width, height]);
  // The first tile begins at the margin of 24 pixels, and shows its file's level.
  const { path, label } = tiles[0];
  const level = (label === 'dog' ? 100 : 0) + Number.parseInt(path.split('/')[2], 10) * 5 + 20;
  expect(picture.data[(30 * width + 30) * 3]).toBe(level);

  await run('--out', file, '--count', '6', '--image-size', '64');
  expect(readFileSync(file).equals(bytes)).toBe(true);
  await run('--out', file, '--count', '6', '--image-size', '64', '--seed', '2');
  expect(readFileSync(file).equals(bytes)).toBe(false);
});

test('shows before and after with --augment, and what was drawn', async () => {
  const file = join(folder, 'augmented.png');
  const args = ['--out', file, '--count', '2', '--versions', '4', '--json', '--augment'];
  expect(await run(...args, 'rotation=30,verticalFlip')).toBe(0);
  const { tiles } = JSON.parse(printed);
  expect(tiles).toHaveLength(10);
  expect([tiles[0].parameters, tiles[5].parameters]).toEqual([{}, {}]);
  for (const { parameters } of [...tiles.slice(1, 5), ...tiles.slice(6)]) {
    expect(Math.abs(parameters.rotation)).toBeLessThanOrEqual(30);
    expect(Object.keys(parameters).filter((name) => !['rotation', 'verticalFlip'].includes(name))).toEqual(
      [],
    );
  }
});

test('keeps the aspect of oblong images where asked', async () => {
  const wide = encodePng({ data: new Uint8Array(8 * 4 * 3).fill(200), width: 8, height: 4, channels: 3 });
  for (const name of ['cat', 'dog']) writeFileSync(join(folder, 'set/validation', name, 'v.png'), wide);
  const file = join(folder, 'padded.png');
  expect(
    await run('--out', file, '--split', 'validation', '--fit', 'pad', '--image-size', '64', '--json'),
  ).toBe(0);
  const { width, data } = await decodeRgb(readFileSync(file));
  // A tile of 64 pixels is drawn three times as large, from the margin of 24 on: black, the picture, black.
  const levels = [10, 90, 180].map((y) => data[((24 + y) * width + 100) * 3]);
  expect(levels).toEqual([0, 200, 0]);
  expect(await run('--fit', 'squash', '--out', file)).toBe(2);
  expect(printed).toContain('stretch, crop, pad');
});

test('refuses what cannot be done, in a sentence', async () => {
  expect(await run('--augment', 'rotate=3', '--out', join(folder, 'x.png'))).toBe(1);
  expect(printed).toContain(
    'There is no augmentation "rotate". Expected some of randomResizedCrop, rotation',
  );
  expect(await run('--augment', 'rotation=-3', '--out', join(folder, 'x.png'))).toBe(1);
  expect(printed).toContain('augmentation.rotation must be a number of 0 or more, not -3');
  expect(await run('--augment', '{"rotation": ', '--out', join(folder, 'x.png'))).toBe(2);
  expect(printed).toContain('--augment takes augmentations such as rotation=20');
  expect(await run('--out', join(folder, 'x.gif'))).toBe(2);
  expect(printed).toContain('--out takes the name of a .png');
  expect(await run('--split', 'test', '--out', join(folder, 'x.png'))).toBe(1);
  expect(printed).toContain('has no test images');
});

test('options in words', () => {
  expect(parseAugmentation('rotation=20, horizontalFlip,verticalFlip=false,fill=reflect')).toEqual({
    rotation: 20,
    horizontalFlip: true,
    verticalFlip: false,
    fill: 'reflect',
  });
  expect(parseAugmentation('{"brightness":[0.5,1.5]}')).toEqual({ brightness: [0.5, 1.5] });
});

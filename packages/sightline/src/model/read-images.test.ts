// Images by path: which files a folder means, and what is said of those that can't be read.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodePng } from '@sightline/viz';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeItems, imageFiles } from './read-images.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-read-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const png = encodePng({ data: new Uint8Array(12), width: 2, height: 2, channels: 3 });
function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), png);
  }
}

test('a folder means the images in it, as a data set does', async () => {
  put('b/2.JFIF', 'a.png', 'b/deep/1.jpe', 'b/.hidden.png', '__MACOSX/c.png', 'notes.txt', 'b/10.png');
  expect(await imageFiles([root])).toEqual(
    ['a.png', 'b/10.png', 'b/2.JFIF', 'b/deep/1.jpe'].map((path) => join(root, path)),
  );
  symlinkSync(root, join(root, 'b/up'));
  await expect(imageFiles([root])).rejects.toMatchObject({ code: 'link-loop' });
});

test.skipIf(process.platform === 'win32')('pipes and devices are named, and not opened', async () => {
  execFileSync('mkfifo', [join(root, 'pipe.png')]);
  symlinkSync('/dev/zero', join(root, 'zero.png'));
  const paths = [join(root, 'pipe.png'), join(root, 'zero.png')];
  const items = (await imageFiles(paths)).map((path) => ({ path }));
  const { images, failures } = await decodeItems(items, { size: [2, 2] }, []);
  expect(images.paths).toEqual([]);
  expect(failures).toEqual([
    { path: paths[0], reason: 'it is a pipe' },
    { path: paths[1], reason: 'it is a device or a socket' },
  ]);
});

test('those that cannot be read are named in their order, with the reason; the others are there', async () => {
  put('1.png', '2.png', '4.png');
  writeFileSync(join(root, '2.png'), png.subarray(0, 60));
  mkdirSync(join(root, 'folder.png'));
  const paths = ['1.png', '2.png', 'folder.png', '3.png', '4.png'].map((name) => join(root, name));
  const items = paths.map((path) => ({ path }));
  const { images, failures } = await decodeItems(items, { size: [2, 2] }, []);
  expect(images).toMatchObject({ paths: [paths[0], paths[4]], shape: [2, 2, 2, 3] });
  expect(failures).toEqual([
    { path: paths[1], reason: 'its PNG data is cut short' },
    { path: paths[2], reason: 'it is a folder' },
    { path: paths[3], reason: 'there is no such file' },
  ]);
});

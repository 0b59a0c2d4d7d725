import { execFileSync } from 'node:child_process';
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { appendLine, makeFolder, pathInside, readRegularFile, writeFileAtomic, writeJson } from './files.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'sightline-atomic-'));

test('makes the folders on the way, and leaves nothing but the file', () => {
  const root = folder();
  writeFileAtomic(join(root, 'a/b/c.txt'), 'one');
  writeFileAtomic(join(root, 'a/b/c.txt'), 'two');
  expect(readdirSync(join(root, 'a/b'))).toEqual(['c.txt']);
  expect(readFileSync(join(root, 'a/b/c.txt'), 'utf8')).toBe('two');
});

test('where a folder of the path is a file, says so and leaves the file', () => {
  const root = folder();
  writeFileSync(join(root, 'a'), 'a file');
  expect(() => writeFileAtomic(join(root, 'a/b'), 'x')).toThrow(
    /Could not write .*a file of this name is in the way/,
  );
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('a file');
});

test('a file that can not be renamed into place leaves no temporary one', () => {
  const root = folder();
  writeFileAtomic(join(root, 'taken/x'), '');
  expect(() => writeFileAtomic(join(root, 'taken'), 'x')).toThrow(/Could not write/);
  expect(readdirSync(root)).toEqual(['taken']);
});

test('plain lists stand on one line, and any text comes back as it was', () => {
  const path = join(folder(), 'lists.json');
  const value = {
    curve: [0, 0.5, 1],
    nested: [
      [1, 2],
      [3, 4],
    ],
    odd: ['[\n  1\n]', 'a, b', '{', ']', ''],
    empty: [],
    items: [{ a: [1] }],
  };
  writeJson(path, value);
  const text = readFileSync(path, 'utf8');
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('"curve": [0, 0.5, 1]');
  expect(text).toContain('    [1, 2],\n    [3, 4]');
});

test('lines are added one by one', () => {
  const path = join(folder(), 'history.jsonl');
  for (const line of ['{"epoch":1}', '{"epoch":2}']) appendLine(path, line);
  expect(readFileSync(path, 'utf8')).toBe('{"epoch":1}\n{"epoch":2}\n');
  expect(() => appendLine(join(path, 'in-a-file'), 'x')).toThrow(
    /Could not write .*a part of its path is a file/,
  );
});

test('reads regular files only, up to a size', () => {
  const root = folder();
  writeFileSync(join(root, 'a'), '12345');
  expect(readRegularFile(join(root, 'a'), 'the weights', 5).toString()).toBe('12345');
  const refusal = (path: string, most?: number) => {
    try {
      readRegularFile(path, 'the weights', most);
    } catch (error) {
      return error;
    }
  };
  expect(refusal(join(root, 'a'), 4)).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/expected at most 4 B, but got 5 B/),
  });
  expect(refusal(join(root, 'none'))).toMatchObject({ code: 'missing' });
  expect(refusal(root)).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/it is a folder/),
  });
});

test.skipIf(process.platform === 'win32')('never opens a device or a pipe', () => {
  const root = folder();
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(() => readRegularFile(join(root, 'pipe'))).toThrow(/it is a pipe/);
  expect(() => readRegularFile('/dev/zero')).toThrow(/it is a device/);
});

test('names stay in their folder', () => {
  const root = folder();
  writeFileAtomic(join(root, 'model/weights.bin'), 'x');
  writeFileAtomic(join(root, 'secret'), 'x');
  symlinkSync(join(root, 'secret'), join(root, 'model/link'));
  const model = join(root, 'model');
  expect(pathInside(model, 'weights.bin')).toBe(join(model, 'weights.bin'));
  for (const name of ['../secret', 'link', join(root, 'secret'), '../model/../secret', '..']) {
    expect(() => pathInside(model, name), name).toThrow(/leads out of the folder/);
  }
});

// Node's recursive mkdir says ENOENT, as of the folder itself, for a system error that it does not know (MKDirpSync).
test.each([
  ['EROFS', 'the disk is read-only. Choose a folder on another disk.'],
  ['EDQUOT', 'the disk quota is used up. Free some space and run again.'],
])('a folder that cannot be made has the reason of the system: %s', (code, words) => {
  const root = folder();
  const { mkdirSync } = fs;
  const spy = vi.spyOn(fs, 'mkdirSync').mockImplementation(((path: string, options?: object) => {
    if (!path.startsWith(root)) return mkdirSync(path, options);
    const seen = options === undefined ? code : 'ENOENT';
    throw Object.assign(new Error(`${seen}: mkdir '${path}'`), { code: seen });
  }) as typeof mkdirSync);
  syncBuiltinESMExports();
  try {
    expect(() => makeFolder(join(root, 'a/b'))).toThrow(code);
    expect(() => writeFileAtomic(join(root, 'a/b/c.txt'), 'x')).toThrow(`c.txt: ${words}`);
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
});

test('a folder is made with those above it, also by two at once and where it is there', () => {
  const root = folder();
  for (const path of ['a/b/c', 'a/b/c', 'a/d']) makeFolder(join(root, path));
  expect(readdirSync(join(root, 'a')).sort()).toEqual(['b', 'd']);
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file/x'))).toThrow(/ENOTDIR|EEXIST/);
});

test.runIf(existsSync('/proc'))('a file system that says there is no such file is asked once', () => {
  expect(() => makeFolder('/proc/sightline/runs')).toThrow('ENOENT');
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Check, listChecks, writeCheck } from './check-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-checks-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const check: Check = {
  schema: 1,
  root: 'photos',
  checkedAt: '2026-11-24T10:00:00.000Z',
  command: 'sightline check photos',
  software: { sightline: '0.1.0' },
  classes: ['a', 'b'],
  counts: { train: { a: 2 } },
  formats: { png: 2 },
  sizes: null,
  images: 3,
  errors: 1,
  warnings: 0,
  findings: [
    { kind: 'leak', severity: 'error', title: 'in two splits', message: 'One.', paths: ['a\n"1".png'] },
  ],
  pictures: { tile: [4, 4], columns: 1, items: [{ path: 'a\n"1".png', label: 'a' }] },
};

test('a check is read as it was written', () => {
  writeCheck(join(root, 'photos'), check, Uint8Array.of(1));
  expect(listChecks(root)).toEqual({
    checks: [{ dir: join(root, 'photos'), name: 'photos', check }],
    broken: [],
  });
});

test('no folder holds no checks, other folders are none, and a broken one is named', () => {
  expect(listChecks(join(root, 'none'))).toEqual({ checks: [], broken: [] });
  mkdirSync(join(root, 'other'));
  mkdirSync(join(root, 'broken'));
  writeFileSync(join(root, 'broken', 'check.json'), '{"schema": 2}');
  const { checks, broken } = listChecks(root);
  expect(checks).toEqual([]);
  expect(broken).toEqual([
    { dir: join(root, 'broken'), reason: expect.stringMatching(/check\.json.*schema/s) },
  ]);
});

import { hash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FeatureSource, FeatureStore, type FeatureStoreOptions } from './feature-store.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-features-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const source: FeatureSource = {
  backbone: 'net',
  weights: 'ab'.repeat(32),
  precision: 'fp32',
  decoder: 1,
  resize: { size: [64, 64], interpolation: 'bilinear', fit: 'stretch' },
  columns: 3,
};
const digest = (i: number) => hash('sha256', `image ${i}`);
const row = (i: number) => Float32Array.of(i, i + 0.5, -i);
const rows = (...indices: number[]) => Float32Array.from(indices.flatMap((i) => [...row(i)]));
const open = (change: Partial<FeatureSource> = {}, options?: FeatureStoreOptions) =>
  new FeatureStore(root, { ...source, ...change }, options);
const add = (store: FeatureStore, ...indices: number[]) => store.add(indices.map(digest), rows(...indices));
const segments = () => readdirSync(join(root, 'net-64')).filter((name) => name.endsWith('.rows'));

test('rows are found by the content of their image, in this process and the next', () => {
  const store = open();
  expect(store.get(digest(1))).toBeUndefined();
  add(store, 1, 2);
  expect(store.get(digest(2))).toEqual(row(2));
  store.close();
  const next = open();
  expect([1, 2, 3].map((i) => next.get(digest(i)))).toEqual([row(1), row(2), undefined]);
});

test('other weights, another resize, decoder or precision are other features', () => {
  add(open(), 1);
  expect(open({ weights: 'cd'.repeat(32) }).get(digest(1))).toBeUndefined();
  expect(open({ resize: { ...source.resize, interpolation: 'nearest' } }).get(digest(1))).toBeUndefined();
  expect(open({ resize: { ...source.resize, size: [64, 96] } }).dir).toBe(join(root, 'net-64x96'));
  expect(open({ decoder: 2 }).get(digest(1))).toBeUndefined();
  expect(open({ precision: 'int8' }).dir).toBe(join(root, 'net-64-int8'));
  expect(
    open({ resize: { fit: 'stretch', interpolation: 'bilinear', size: [64, 64] } }).get(digest(1)),
  ).toEqual(row(1));
});

test('writers of the same folder keep their own rows and find the others', () => {
  const [a, b] = [open(), open()];
  add(a, 1, 2);
  add(b, 2, 3);
  add(b, 2, 3);
  a.close();
  b.close();
  expect(segments()).toHaveLength(2);
  const store = open();
  expect([1, 2, 3].map((i) => store.get(digest(i)))).toEqual([row(1), row(2), row(3)]);
});

describe('damage costs the damaged rows', () => {
  const path = () => join(root, 'net-64', segments()[0]!);
  const change = (at: number) => {
    const bytes = readFileSync(path());
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    writeFileSync(path(), bytes);
  };
  test.each([
    ['a flipped bit in the last row', () => change(-1), [row(1), row(2), undefined]],
    ['a flipped bit in a digest', () => change(4096 + 40), [undefined, undefined, undefined]],
    ['a broken header', () => change(2), [undefined, undefined, undefined]],
    ['a cut file', () => truncateSync(path(), 4096 + 3 * 36 + 12), [row(1), undefined, undefined]],
    ['an empty file', () => truncateSync(path(), 0), [undefined, undefined, undefined]],
    ['a file that is gone', () => rmSync(path()), [undefined, undefined, undefined]],
  ])('%s', (_, damage, expected) => {
    add(open(), 1, 2, 3);
    damage();
    const store = open();
    expect([1, 2, 3].map((i) => store.get(digest(i)))).toEqual(expected);
    add(store, 1, 2, 3);
    expect([1, 2, 3].map((i) => store.get(digest(i)))).toEqual([row(1), row(2), row(3)]);
  });
});

test('many segments become one', () => {
  const store = open();
  for (let i = 0; i < 30; i++) add(store, i);
  store.close();
  expect(segments()).toHaveLength(1);
  const next = open();
  for (let i = 0; i < 30; i++) expect(next.get(digest(i))).toEqual(row(i));
});

test('beyond the limit the segments that were not used for longest go, never those in use', () => {
  const first = open();
  add(first, 1);
  const [old] = segments();
  utimesSync(join(root, 'net-64', old!), new Date(0), new Date(0));
  add(first, 2);
  first.close();
  const store = open({ weights: 'cd'.repeat(32) }, { maxBytes: 1 });
  add(store, 3);
  store.close();
  expect(segments()).toHaveLength(1);
  expect(open({ weights: 'cd'.repeat(32) }).get(digest(3))).toEqual(row(3));
});

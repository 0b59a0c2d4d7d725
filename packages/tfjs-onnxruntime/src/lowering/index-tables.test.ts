import { expect, it } from 'vitest';
import { IndexTables } from './index-tables.ts';

it('tables are made once, and forgotten from the one used longest ago on', () => {
  const tables = new IndexTables(3 * 40);
  const made: string[] = [];
  const get = (key: string, size = 10) =>
    tables.get(key, () => {
      made.push(key);
      return new Int32Array(size);
    });
  const first = get('a');
  get('b');
  get('c');
  expect(get('a')).toBe(first);
  get('d');
  expect(tables.bytes).toBe(120);
  expect(get('a')).toBe(first);
  get('b');
  expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
  const large = get('large', 1000);
  expect(tables.bytes).toBe(4000);
  expect(get('large')).toBe(large);
  get('a');
  expect(tables.bytes).toBe(40);
});

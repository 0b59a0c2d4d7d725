import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy, openNpyWriter } from './index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'npy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (count: number, from = 0) => Float32Array.from({ length: count }, (_, i) => from + i);

describe('openNpyWriter', () => {
  it('writes the bytes that encodeNpy gives for all rows at once', () => {
    const path = join(folder, 'made/on/demand/rows.npy');
    const writer = openNpyWriter(path, [5, 2, 3]);
    writer.append(numbers(12));
    writer.append(numbers(0));
    // A view into a larger array.
    writer.append(numbers(30).subarray(12, 30));
    writer.finish();
    writer.abandon();
    const expected = encodeNpy({ data: numbers(30), shape: [5, 2, 3] });
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(readdirSync(join(folder, 'made/on/demand'))).toEqual(['rows.npy']);
  });

  it('refuses parts of rows, more rows and fewer, and leaves nothing', () => {
    const path = join(folder, 'bad.npy');
    const writer = openNpyWriter(path, [2, 4]);
    expect(() => writer.append(numbers(3))).toThrow(/2 rows of 4 numbers: 0 are written, and 3 numbers came/);
    writer.append(numbers(4));
    expect(() => writer.append(numbers(8))).toThrow(/1 are written, and 8 numbers came/);
    expect(() => writer.finish()).toThrow(/takes 2 rows, but 1 were written/);
    expect(readdirSync(folder).filter((name) => name.includes('bad'))).toEqual([]);
  });

  it('leaves nothing when it is abandoned', () => {
    const writer = openNpyWriter(join(folder, 'left.npy'), [2, 4]);
    writer.append(numbers(4));
    writer.abandon();
    writer.abandon();
    expect(readdirSync(folder).filter((name) => name.includes('left'))).toEqual([]);
  });

  it('says where it cannot write', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openNpyWriter(join(folder, 'file', 'x.npy'), [1, 1])).toThrow(
      expect.objectContaining({ code: 'not-writable' }),
    );
  });
});

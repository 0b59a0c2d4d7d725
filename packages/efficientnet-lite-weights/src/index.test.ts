import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { imagenetClasses, lite0, loadImagenetClasses } from './index.ts';

describe('the files', () => {
  it.each([
    ['weights', lite0],
    ['class names', imagenetClasses],
  ])('have the published bytes: %s', async (_, { url, sha256 }) => {
    const bytes = await readFile(url);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  it('hold as many float16 weights as stated', async () => {
    const bytes = await readFile(lite0.url);
    const header = Number(bytes.readBigUInt64LE(0));
    expect((bytes.length - 8 - header) / 2).toBe(lite0.parameters.total);
  });

  it('name 1,000 classes with unique WordNet ids', async () => {
    const classes = await loadImagenetClasses();
    expect(classes).toHaveLength(1000);
    expect(new Set(classes.map(({ wnid }) => wnid)).size).toBe(1000);
    expect(classes[1]).toMatchObject({ wnid: 'n01443537', name: 'goldfish' });
  });
});

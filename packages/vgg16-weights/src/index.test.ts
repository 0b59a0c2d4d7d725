import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { head200, loadHead200Classes, notop } from './index.ts';

describe('the weights', () => {
  it.each([
    ['convolutions', notop],
    ['head', head200],
    ['classes', head200.classes],
  ])('are the bytes that were published: %s', async (_, file) => {
    expect(
      createHash('sha256')
        .update(await readFile(file.url))
        .digest('hex'),
    ).toBe(file.sha256);
  });

  it('name 200 classes, each with a WordNet id of its own', async () => {
    const classes = await loadHead200Classes();
    expect(classes).toHaveLength(200);
    expect(new Set(classes.map((c) => c.wnid)).size).toBe(200);
    for (const { wnid, name } of classes) {
      expect(wnid).toMatch(/^n\d{8}$/);
      expect(name).not.toBe('');
    }
    expect(classes[0]).toMatchObject({ wnid: 'n01443537', name: 'goldfish' });
  });
});

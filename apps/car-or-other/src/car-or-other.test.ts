// The choice of images, and folders that are not ours to fill.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseCarOrOther, prepareCarOrOther } from './car-or-other.ts';

it('leaves a folder alone that it did not fill', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sightline-cifar-'));
  writeFileSync(join(root, 'mine.txt'), 'mine');
  await expect(prepareCarOrOther(join(root, 'cache'), root)).rejects.toMatchObject({ code: 'lock' });
  rmSync(root, { recursive: true });
});

describe('the choice of images', () => {
  it('takes the first cars and equal parts of the others', () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => (i * 7) % 10);
    const { car, other } = chooseCarOrOther(labels, 800);
    expect([car.length, other.length]).toEqual([800, 800]);
    expect(car).toEqual(labels.flatMap((label, i) => (label === 1 ? [i] : [])).slice(0, 800));
    const counts = Map.groupBy(other, (i) => labels[i]!);
    expect([...counts.keys()].sort()).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set([...counts.values()].map(({ length }) => length))).toEqual(new Set([88, 89]));
    expect(new Set(other).size).toBe(800);
  });

  it('says when there are too few', () => {
    expect(() => chooseCarOrOther([1, 1, 0], 3)).toThrow(/3 images of class 1 are needed, but there are 2/);
  });
});

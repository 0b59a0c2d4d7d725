// The description of the sprites, read by the package that opens it; the real files are fetched by `pnpm data`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@sightline/data';
import { encodePng } from '@sightline/image';
import { expect, it } from 'vitest';
import { SPRITES } from './data.ts';

it('describes five sprites to train on and one to validate with, whose labels follow one another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-cifar-'));
  const labels = (count: number) => JSON.stringify(Array.from({ length: count }, (_, i) => i % 10));
  // Sprites of ten images, as if they were ten thousand.
  const small = (parts: typeof SPRITES.train) => parts.map((part) => ({ ...part, first: part.first / 1000 }));
  const parts = { train: small(SPRITES.train), validation: small(SPRITES.validation) };
  writeFileSync(join(folder, 'sprites.json'), JSON.stringify({ ...SPRITES, ...parts }));
  for (const { image } of [...parts.train, ...parts.validation]) {
    // Another color per image and sprite, so that none is another's duplicate.
    const data = Uint8Array.from(
      { length: 10 * 1024 * 3 },
      (_, i) => Math.floor(i / 3072) * 20 + image.charCodeAt(image.length - 5) + (i % 7),
    );
    writeFileSync(join(folder, image), encodePng({ data, width: 1024, height: 10, channels: 3 }));
  }
  writeFileSync(join(folder, parts.train[0]!.labels), labels(50));
  writeFileSync(join(folder, parts.validation[0]!.labels), labels(10));
  const { splits, classes } = await openDataset(folder);
  expect([splits.train.length, splits.validation.length]).toEqual([50, 10]);
  expect(classes).toEqual(SPRITES.classes);
  expect(SPRITES.train.map(({ first }) => first)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  rmSync(folder, { recursive: true });
});

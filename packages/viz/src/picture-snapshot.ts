// For tests: a picture is compared with a file that a person can open. `UPDATE_PICTURES=1` writes the files anew.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Image } from '@sightline/image';
import { encodePng } from '@sightline/image';
import { expect } from 'vitest';

export function expectPicture(image: Image, name: string): void {
  const file = new URL(`./__snapshots__/${name}`, import.meta.url);
  const bytes = encodePng(image);
  if (process.env.UPDATE_PICTURES === '1') writeFileSync(file, bytes);
  expect(Buffer.from(bytes).equals(readFileSync(file)), `the picture differs from ${file.pathname}`).toBe(
    true,
  );
}

// A decoder whose native library does not load is a fault of the installation: no image is blamed for it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@sightline/image';
import { afterAll, expect, test, vi } from 'vitest';
import { checkDataset, decodeImage, loadImages, openDataset, thumbnail } from '../index.ts';

vi.mock('sharp', () => {
  throw new Error('Could not load the "sharp" module using the linux-x64 runtime');
});

const root = mkdtempSync(join(tmpdir(), 'sightline-sharp-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// Too large for the fast decoder, so that sharp is asked for it.
const [width, height] = [1100, 1000];
const png = encodePng({ data: new Uint8Array(3 * width * height), width, height, channels: 3 });
for (const path of ['train/a/1.png', 'train/b/1.png', 'validation/a/1.png', 'validation/b/1.png']) {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), Buffer.concat([png, Buffer.from(path)]));
}

const size = [8, 8] as const;
const uses: [string, () => Promise<unknown>][] = [
  ['decodeImage', () => decodeImage(png, { size })],
  ['thumbnail', () => thumbnail(png, 8)],
  ['loadImages', async () => loadImages(await openDataset(root), 'train', { size })],
  ['checkDataset', () => checkDataset(root)],
];
test.each(uses)('%s says that the decoder is missing', async (_, use) => {
  await expect(use()).rejects.toMatchObject({
    code: 'engine-missing',
    message: expect.stringMatching(/^Images cannot be decoded: .+ Install the packages again/),
  });
});

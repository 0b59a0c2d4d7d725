import sharp from 'sharp';
import { expect, test } from 'vitest';
import { transparentImages } from './transparency.ts';

/** A black disc: by its opacity, or on white. */
const icon = (shape: string) =>
  sharp(Buffer.from(`<svg width="32" height="32">${shape}<circle cx="16" cy="16" r="9"/></svg>`)).png();
const onNothing = await icon('').toBuffer();
const onWhite = await icon('<rect width="32" height="32" fill="white"/>').toBuffer();
/** With a channel for opacity, which is full. */
const opaque = await sharp(onWhite).ensureAlpha().png().toBuffer();

function folder(icons: readonly Buffer[]) {
  const files = new Map(icons.map((bytes, i) => [`a/${i}.png`, bytes]));
  return [{ read: async (path: string) => Uint8Array.from(files.get(path)!) }, [...files.keys()]] as const;
}

test('icons whose shape is in their opacity are told', async () => {
  const [finding, ...others] = await transparentImages(...folder([onNothing, opaque, onNothing, onWhite]));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ kind: 'transparent', severity: 'warning', paths: ['a/0.png', 'a/2.png'] });
  expect(finding!.message).toMatch(
    /^2 of 4 images looked at have transparent pixels: "a\/0\.png", "a\/2\.png"\./,
  );
});

test('a channel that is full, one image of many and damaged ones are not', async () => {
  expect(await transparentImages(...folder([opaque, opaque, onWhite, Buffer.from('no image')]))).toEqual([]);
  const many = Array.from({ length: 20 }, () => onWhite);
  expect(await transparentImages(...folder([...many, onNothing]))).toEqual([]);
});

test('of many, some from all over the set are looked at', async () => {
  const [files, paths] = folder(Array.from({ length: 200 }, () => onNothing));
  let reads = 0;
  const read = (path: string) => {
    reads++;
    return files.read(path);
  };
  const [finding] = await transparentImages({ read }, paths);
  expect(finding!.message).toContain('24 of 24 images');
  expect(reads).toBe(24);
});

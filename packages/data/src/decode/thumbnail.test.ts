import sharp from 'sharp';
import { expect, test } from 'vitest';
import { thumbnail } from './thumbnail.ts';

const photo = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c83214' } });

test('a photograph is scaled to the longer side, a small picture keeps its size', async () => {
  const wide = await thumbnail(await photo(640, 320).png().toBuffer(), 160);
  expect([wide.width, wide.height]).toEqual([160, 80]);
  expect(await sharp(wide.jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 160, height: 80 });
  const small = await thumbnail(await photo(20, 30).png().toBuffer(), 160);
  expect([small.width, small.height]).toEqual([20, 30]);
});

test('a photograph is turned upright, and keeps its color', async () => {
  const turned = await photo(60, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { jpeg, width, height } = await thumbnail(turned, 160);
  expect([width, height]).toEqual([20, 60]);
  const [red, green, blue] = await sharp(jpeg).raw().toBuffer();
  // JPEG at this quality moves a flat color by a level or two.
  for (const [got, wanted] of [
    [red, 200],
    [green, 50],
    [blue, 20],
  ] as const) {
    expect(Math.abs(got! - wanted)).toBeLessThanOrEqual(4);
  }
});

test('what is no image is refused with a reason', async () => {
  await expect(thumbnail(Buffer.from('not an image'), 160)).rejects.toThrow(/image/);
});

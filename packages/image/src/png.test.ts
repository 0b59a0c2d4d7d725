import { hash } from 'node:crypto';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type Image, toRgb } from './image.ts';
import { encodePng, pngSize } from './png.ts';

function pattern(width: number, height: number, channels: Image['channels']): Image {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) data[i] = (i * i * 31 + (i >> 3) * 7) & 0xff;
  return { data, width, height, channels };
}

test.each([1, 3, 4] as const)('sharp reads back every byte of an image of %i channels', async (channels) => {
  for (const [width, height] of [
    [1, 1],
    [7, 5],
    [64, 33],
  ] as const) {
    const image = pattern(width, height, channels);
    const { data, info } = await sharp(encodePng(image))
      .toColorspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width, height, channels });
    expect(new Uint8Array(data)).toEqual(image.data);
  }
});

test('a smooth image takes less room than its bytes, and the same image gives the same bytes', () => {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => ((i / 3) % 64) + i / 600);
  const image: Image = { data, width: 64, height: 64, channels: 3 };
  const bytes = encodePng(image);
  expect(bytes.length).toBeLessThan(data.length / 4);
  expect(encodePng(image)).toEqual(bytes);
});

test('the size is read from the header, and a file that was cut off or is no PNG has none', () => {
  const bytes = encodePng(pattern(64, 33, 3));
  expect(pngSize(bytes)).toEqual({ width: 64, height: 33 });
  expect(pngSize(bytes.subarray(0, bytes.length - 20))).toBeNull();
  expect(
    pngSize(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')),
  ).toBeNull();
  expect(pngSize(new Uint8Array(0))).toBeNull();
});

test('an image whose bytes do not fit its sizes is refused with both', () => {
  expect(() => encodePng({ data: new Uint8Array(10), width: 2, height: 2, channels: 3 })).toThrow(
    'An image of 2 x 2 with 3 channels has 12 bytes, but 10 came.',
  );
});

test('without compression, the bytes are the same in every version: data sets are known by their hash', async () => {
  // 100 x 300 RGB takes two of deflate's stored blocks.
  const image = pattern(100, 300, 3);
  const bytes = encodePng(image, { compression: 'none' });
  expect(hash('sha256', bytes)).toBe('6ae74d23459a8caa04012f8f892291d7fc3758e877d6559de01b22d341663e66');
  const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  expect(new Uint8Array(data)).toEqual(image.data);
});

test('any image becomes RGB: gray three times, on a background', () => {
  expect(toRgb({ data: Uint8Array.of(7, 9), width: 2, height: 1, channels: 1 }).data).toEqual(
    Uint8Array.of(7, 7, 7, 9, 9, 9),
  );
  const canvas = Uint8ClampedArray.of(1, 2, 3, 0, 4, 5, 6, 255);
  expect(toRgb({ data: canvas, width: 2, height: 1, channels: 4 }).data).toEqual(
    Uint8Array.of(255, 255, 255, 4, 5, 6),
  );
  // A shape that is nearly white shows on black only; one pixel that is not is enough to see it on white.
  const pale = Uint8Array.of(9, 9, 9, 0, 240, 255, 255, 255, 255, 255, 255, 200);
  const rgbOf = (data: Uint8Array) => toRgb({ data, width: data.length / 4, height: 1, channels: 4 }).data;
  expect([...rgbOf(pale)]).toEqual([0, 0, 0, 240, 255, 255, 200, 200, 200]);
  pale[5] = 90;
  expect([...rgbOf(pale)]).toEqual([255, 255, 255, 240, 90, 255, 255, 255, 255]);
  // A shadow is not the shape, unless there is nothing else.
  expect([...rgbOf(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 51))]).toEqual([255, 255, 255, 0, 0, 0]);
  expect([...rgbOf(Uint8Array.of(0, 0, 0, 51))]).toEqual([204, 204, 204]);
  expect([...rgbOf(Uint8Array.of(7, 8, 9, 0, 1, 2, 3, 0))]).toEqual([7, 8, 9, 1, 2, 3]);
  expect(() => toRgb({ data: canvas, width: 2, height: 1, channels: 3 })).toThrow('6 bytes, but 8 came');
});

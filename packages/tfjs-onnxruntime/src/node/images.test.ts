// Decoded pixels beside those of sharp (JPEG, PNG, GIF), and a BMP file written byte by byte.

import sharp from 'sharp';
import { expect, it } from 'vitest';
import * as tf from './index.ts';

const [WIDTH, HEIGHT] = [5, 3];
/** RGB, no two channels or pixels alike. */
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 47) % 256);
const source = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

it('PNG, to as many channels as asked for', async () => {
  const png = await source().png().toBuffer();
  const whole = tf.node.decodePng(png);
  expect([whole.shape, whole.dtype, values(whole)]).toEqual([[HEIGHT, WIDTH, 3], 'int32', [...pixels]]);
  const opaque = tf.node.decodeImage(png, 4) as tf.Tensor3D;
  expect(opaque.shape).toEqual([HEIGHT, WIDTH, 4]);
  expect(values(tf.slice(opaque, [0, 0, 3], [-1, -1, 1]))).toEqual(Array(WIDTH * HEIGHT).fill(255));
  expect(values(tf.slice(opaque, [0, 0, 0], [-1, -1, 3]))).toEqual([...pixels]);
  const [r, g, b] = pixels as unknown as [number, number, number];
  expect(values(tf.node.decodePng(png, 1))[0]).toBe(Math.round(0.299 * r + 0.587 * g + 0.114 * b));
});

it('JPEG, color and gray', async () => {
  const color = await source().jpeg().toBuffer();
  expect(values(tf.node.decodeJpeg(color))).toEqual([...(await sharp(color).raw().toBuffer())]);
  const gray = await source().toColorspace('b-w').jpeg().toBuffer();
  const decoded = tf.node.decodeImage(gray) as tf.Tensor3D;
  expect(decoded.shape).toEqual([HEIGHT, WIDTH, 1]);
  expect(tf.node.decodeJpeg(gray, 3).shape).toEqual([HEIGHT, WIDTH, 3]);
});

it('GIF, all its frames or the first', async () => {
  const frames = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => (i < 24 ? 0 : 255));
  const gif = await sharp(frames, { raw: { width: 2, height: 8, channels: 3, pageHeight: 4 } })
    .gif({ loop: 0, delay: [100, 100] })
    .toBuffer();
  const all = tf.node.decodeGif(gif);
  expect(all.shape).toEqual([2, 4, 2, 3]);
  expect(values(all)).toEqual([...frames]);
  expect(tf.node.decodeImage(gif).shape).toEqual([2, 4, 2, 3]);
  expect(tf.node.decodeImage(gif, 3, 'int32', false).shape).toEqual([4, 2, 3]);
});

it('BMP, whose rows begin at the bottom and are padded to four bytes', () => {
  const bmp = Buffer.alloc(54 + 2 * 8);
  bmp.write('BM');
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(2, 18);
  bmp.writeInt32LE(2, 22);
  bmp.writeUInt16LE(24, 28);
  bmp.set([9, 8, 7, 12, 11, 10], 54);
  bmp.set([3, 2, 1, 6, 5, 4], 54 + 8);
  const decoded = tf.node.decodeBmp(bmp);
  expect([decoded.shape, values(decoded)]).toEqual([
    [2, 2, 3],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  ]);
  expect(() => tf.node.decodeBmp(bmp.subarray(0, 60))).toThrow(/its pixels are not all there/);
});

it('encodes what it decodes', async () => {
  const image = tf.tensor3d(Int32Array.from(pixels), [HEIGHT, WIDTH, 3], 'int32');
  expect(values(tf.node.decodePng(await tf.node.encodePng(image)))).toEqual([...pixels]);
  const jpeg = await tf.node.encodeJpeg(tf.fill([8, 8, 3], 90, 'int32') as tf.Tensor3D);
  // A flat image survives JPEG up to the rounding of its colors.
  for (const value of values(tf.node.decodeJpeg(jpeg))) expect(Math.abs(value - 90)).toBeLessThanOrEqual(2);
  const gray = tf.fill([8, 8, 1], 90, 'int32') as tf.Tensor3D;
  expect(tf.node.decodeJpeg(await tf.node.encodeJpeg(gray, 'grayscale')).shape).toEqual([8, 8, 1]);
  await expect(tf.node.encodeJpeg(gray, 'rgb')).rejects.toThrow(/needs a tensor .*3\), but got \[8,8,1\]/);
});

it('encodes with the options of tfjs-node, as sharp reads them in the file', async () => {
  const image = tf.randomUniform([16, 16, 3], 0, 255, 'int32') as tf.Tensor3D;
  const usual = await sharp(await tf.node.encodeJpeg(image)).metadata();
  expect(usual).toMatchObject({ density: 300, chromaSubsampling: '4:2:0', isProgressive: false });
  const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>';
  const other = await tf.node.encodeJpeg(image, 'rgb', 0, true, true, false, 'cm', 100, 100, xmp);
  const { density, chromaSubsampling, isProgressive, xmpAsString } = await sharp(other).metadata();
  // Pixels per centimeter, in inches.
  expect([density, chromaSubsampling, isProgressive, xmpAsString]).toEqual([254, '4:4:4', true, xmp]);
  await expect(tf.node.encodeJpeg(image, 'cmyk' as never)).rejects.toThrow(
    /'grayscale' or 'rgb', but got cmyk/,
  );
  await expect(tf.node.encodeJpeg(image, '', 101)).rejects.toThrow(/quality .* 0 to 100, but got 101/);
  await expect(tf.node.encodePng(image, 10)).rejects.toThrow(/compression .* -1 to 9, but got 10/);
  await expect(tf.node.encodePng(tf.zeros([2, 2, 5]))).rejects.toThrow(/but got \[2,2,5\]/);
});

it('refuses what it cannot read', async () => {
  const png = await source().png().toBuffer();
  expect(() => tf.node.decodeImage(new Uint8Array([1, 2, 3]))).toThrow(/expected JPEG, PNG, GIF, BMP/);
  expect(() => tf.node.decodeJpeg(png)).toThrow(/expected JPEG, but it is PNG/);
  expect(() => tf.node.decodePng(png.subarray(0, 60))).toThrow(/Could not decode an image/);
  expect(() => tf.node.decodePng(png, 2)).toThrow(/0, 1, 3, 4 channels .*got 2/);
  expect(() => tf.node.decodeImage('photo.jpg' as never)).toThrow(/must be a Uint8Array, but got string/);
  expect(() => tf.node.decodePng(png, 3, 'float32')).toThrow(/to int32, but got the dtype float32/);
});

it('refuses what would give another image than tfjs-node does', async () => {
  const jpeg = await source().jpeg().toBuffer();
  expect(() => tf.node.decodeJpeg(jpeg, 3, 2)).toThrow(/ratio 1 only, but got 2/);
  expect(() => tf.node.decodeJpeg(jpeg, 3, 1, true, true)).toThrow(/truncated files/);
  expect(tf.node.decodeJpeg(jpeg, 3, 1, false, false, 0.5, 'INTEGER_FAST').shape).toEqual([HEIGHT, WIDTH, 3]);
});

// Every format that people have, made by sharp (libvips) here, and every way that a file can be broken.

import { Transformer } from '@napi-rs/image';
import { encodePng, INTERPOLATIONS, resizeImage } from '@sightline/image';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { FileTree } from '../files/file-tree.ts';
import { decodeRows } from '../images/decode-rows.ts';
import { decodeImage, decodeImageAtOnce, decodeRgb } from './decode-image.ts';
import { sniffImage } from './sniff.ts';

const [WIDTH, HEIGHT] = [40, 24];
/** Smooth colors: lossy formats keep them within a few levels. */
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
  const [x, y, channel] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH), i % 3];
  return [x * 6, y * 10, 128][channel]!;
});
const image = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const gray = () => image().grayscale().toColorspace('b-w');

function worst(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe('formats', () => {
  // Levels of difference that the format's compression may make.
  it.each<[string, number, () => Promise<Uint8Array>]>([
    ['PNG', 0, () => image().png().toBuffer()],
    ['our own PNG', 0, async () => encodePng({ data: pixels, width: WIDTH, height: HEIGHT, channels: 3 })],
    ['interlaced PNG', 0, () => image().png({ progressive: true }).toBuffer()],
    ['16-bit PNG', 0, () => image().toColorspace('rgb16').png().toBuffer()],
    ['PNG with alpha', 0, () => image().ensureAlpha().png().toBuffer()],
    ['palette PNG', 40, () => image().png({ palette: true, dither: 0 }).toBuffer()],
    ['JPEG', 12, () => image().jpeg({ quality: 95 }).toBuffer()],
    ['progressive JPEG', 12, () => image().jpeg({ quality: 95, progressive: true }).toBuffer()],
    ['WebP', 24, () => image().webp({ quality: 95 }).toBuffer()],
    ['lossless WebP', 0, () => image().webp({ lossless: true }).toBuffer()],
    ['AVIF', 24, () => image().avif({ quality: 90 }).toBuffer()],
    ['GIF', 40, () => image().gif({ dither: 0 }).toBuffer()],
    ['TIFF', 0, () => image().tiff({ compression: 'lzw' }).toBuffer()],
    ['BMP', 0, async () => new Transformer(await image().png().toBuffer()).bmp()],
  ])('%s', async (_, tolerance, make) => {
    const bytes = await make();
    const out = await decodeRgb(bytes);
    expect(atOnce(bytes) ?? out).toEqual(out);
    expect([out.width, out.height, out.data.length]).toEqual([WIDTH, HEIGHT, pixels.length]);
    expect(worst(out.data, pixels)).toBeLessThanOrEqual(tolerance);
  });

  it.each<[string, () => Promise<Uint8Array>]>([
    ['PNG', () => gray().png().toBuffer()],
    ['JPEG', () => gray().jpeg().toBuffer()],
  ])('gray %s becomes three equal channels', async (_, make) => {
    const { data } = await decodeRgb(await make());
    expect(data).toHaveLength(pixels.length);
    expect(data.every((value, i) => value === data[i - (i % 3)])).toBe(true);
  });

  it('reads the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(300, 255), Buffer.alloc(300, 0)]);
    const raw = { width: 10, height: 20, channels: 3 as const, pageHeight: 10 };
    const { data, height } = await decodeRgb(
      await sharp(frames, { raw })
        .gif({ delay: [10, 10] })
        .toBuffer(),
    );
    expect([height, data.every((value) => value === 255)]).toEqual([10, true]);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('turns a photograph upright by EXIF orientation %i', async (orientation) => {
    const bytes = await image().jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
    const out = await decodeRgb(bytes);
    const want = await sharp(bytes).autoOrient().raw().toBuffer();
    expect([out.width, out.height]).toEqual(orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
    expect(worst(out.data, want)).toBe(0);
  });

  it('shrinks a photograph of more than 64 megapixels while it loads', async () => {
    const large = await sharp({ create: { width: 9800, height: 7000, channels: 3, background: '#4080c0' } })
      .jpeg()
      .toBuffer();
    const out = await decodeRgb(large, { size: [64, 64], interpolation: 'area' });
    expect(out.width * out.height).toBeLessThan(1 << 20);
    expect(out.width / out.height).toBeCloseTo(9800 / 7000, 1);
    expect(
      worst(
        out.data,
        Uint8Array.from(out.data, (_, i) => [0x40, 0x80, 0xc0][i % 3]!),
      ),
    ).toBeLessThan(4);
  });
});

// At 1/2 of its size, which libjpeg offers, a photograph has other pixels, and so other probabilities.
it('decodes all pixels of a large photograph, whoever asks', async () => {
  const [height, width] = [1500, 3001];
  const data = new Uint8Array(height * width * 3);
  data.forEach((_, i) => {
    data[i] = (i * 7 + (i >> 9)) % 251;
  });
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
  const all = { data: await sharp(bytes).raw().toBuffer(), width, height };
  const files = { read: async () => bytes } as Partial<FileTree> as FileTree;
  for (const interpolation of INTERPOLATIONS) {
    const resize = { size: [40, 64], interpolation, fit: 'crop' } as const;
    const want = resizeImage(all, resize.size, resize).data;
    // As `predict` and the package of that name decode, and as training, `evaluate` and `features` do.
    const one = await decodeImage(bytes, resize);
    const row = new Uint8Array(new SharedArrayBuffer(want.length));
    expect(await decodeRows(files, ['photo'], resize, row)).toEqual([]);
    expect([one.data, row].map((found) => Buffer.compare(found, want))).toEqual([0, 0]);
  }
});

it('decodes huge pictures one at a time, however small their files are', async () => {
  // 8,200 x 8,200 pixels of one color: a few bytes each, and 200 MB of pixels.
  const create = { width: 8200, height: 8200, channels: 3 as const, background: '#4080c0' };
  const huge = await sharp({ create }).webp({ lossless: true, effort: 0 }).toBuffer();
  expect(huge.length).toBeLessThan(10_000);
  const order: number[] = [];
  const small = decodeRgb(await image().webp().toBuffer()).then(() => order.push(-1));
  await Promise.all(
    [0, 1, 2].map(async (i) => {
      const { data } = await decodeRgb(huge, { size: [8, 8], interpolation: 'area' });
      expect([...data.subarray(0, 3)]).toEqual([0x40, 0x80, 0xc0]);
      order.push(i);
    }),
  );
  await small;
  expect(order).toEqual([-1, 0, 1, 2]);
});

describe('headers', () => {
  it.each<[string, () => Promise<Uint8Array>]>([
    ['png', () => image().png().toBuffer()],
    ['jpeg', () => image().jpeg().toBuffer()],
    ['gif', () => image().gif().toBuffer()],
    ['tiff', () => image().tiff().toBuffer()],
    ['avif', () => image().avif().toBuffer()],
    ['webp', () => image().webp().toBuffer()],
    ['webp', () => image().webp({ lossless: true }).toBuffer()],
    ['webp', () => image().withMetadata({ orientation: 3 }).webp().toBuffer()],
    ['bmp', async () => new Transformer(await image().png().toBuffer()).bmp()],
  ])('say the size of a %s', async (format, make) => {
    expect(sniffImage(await make())).toMatchObject({ format, width: WIDTH, height: HEIGHT });
  });
});

describe('broken files', () => {
  it.each<[string, RegExp, () => Uint8Array]>([
    ['empty', /^the file is empty$/, () => new Uint8Array(0)],
    [
      'text',
      /^it is not an image: it starts with "Dear reader,/,
      () => Buffer.from('Dear reader, this is a letter.'),
    ],
    ['a PNG of 60,000 x 60,000', /header claims 60000 x 60000 pixels/, () => hugePng()],
    ['a PNG of 16,000 x 16,000 in 70 bytes', /more than \d+ bytes can hold/, () => hugePng(16_000, 16_000)],
    ['a PNG without pixels', /says 0 x 24 pixels/, () => hugePng(0, 24)],
    ['a web page', /^it is a web page, not an image/, () => Buffer.from('\n<!DOCTYPE html><html>404</html>')],
    [
      "a telephone's photograph",
      /^it is a HEIC file, which is not read: save it as JPEG$/,
      () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
    ],
    ['a drawing', /^it is an SVG drawing/, () => Buffer.from('<?xml version="1.0"?>\n<svg width="1"/>')],
  ])('%s', async (_, reason, make) => {
    await expect(decodeRgb(make())).rejects.toThrow(reason);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('a JPEG cut at %i tenths', async (tenths) => {
    const whole = await image().jpeg().toBuffer();
    const cut = whole.subarray(0, (whole.length * tenths) / 10);
    await expect(decodeRgb(cut)).rejects.toThrow(/^its JPEG data is cut short$/);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('a PNG cut at %i tenths', async (tenths) => {
    const whole = await image().png().toBuffer();
    const cut = whole.subarray(0, (whole.length * tenths) / 10);
    await expect(decodeRgb(cut)).rejects.toThrow(/^its PNG data is cut short$/);
  });

  it.each<[string, () => Promise<Uint8Array>]>([
    ['WEBP', () => image().webp().toBuffer()],
    ['AVIF', () => image().avif().toBuffer()],
    ['GIF', () => image().gif().toBuffer()],
    ['TIFF', () => image().tiff({ compression: 'none' }).toBuffer()],
    ['TIFF', () => image().tiff({ compression: 'jpeg' }).toBuffer()],
    ['BMP', async () => new Transformer(await image().png().toBuffer()).bmp()],
  ])('a %s cut at nine tenths', async (format, make) => {
    const whole = await make();
    await expect(decodeRgb(whole.subarray(0, whole.length * 0.9))).rejects.toThrow(
      `its ${format} data is cut short`,
    );
  });

  it('a JPEG cut before its picture, after the small one in its EXIF', async () => {
    const [whole, small] = [await image().jpeg().toBuffer(), await image().resize(8, 5).jpeg().toBuffer()];
    const exif = Buffer.concat([Buffer.from('\xff\xe1\0\0Exif\0\0', 'latin1'), Buffer.alloc(30), small]);
    exif.writeUInt16BE(exif.length - 2, 2);
    const both = Buffer.concat([whole.subarray(0, 2), exif, whole.subarray(2)]);
    expect((await decodeRgb(both)).width).toBe(WIDTH);
    const scan = both.lastIndexOf(Buffer.of(0xff, 0xda));
    for (const end of [scan - 1, scan, scan + 2, scan + 20])
      await expect(decodeRgb(both.subarray(0, end)), `cut at ${end}`).rejects.toThrow(/^its JPEG data/);
  });

  it('any damage gives pixels or a reason, never anything else', async () => {
    const formats = [
      image().jpeg(),
      image().png(),
      image().webp(),
      image().gif(),
      image().tiff(),
      image().avif(),
      image().jpeg({ progressive: true }).withMetadata({ orientation: 6 }),
      image().toColorspace('cmyk').jpeg(),
      image().toColorspace('rgb16').png({ progressive: true }),
      image().png({ palette: true }),
      image().tiff({ compression: 'jpeg' }),
    ];
    const files: Uint8Array[] = await Promise.all(formats.map((format) => format.toBuffer()));
    files.push(await new Transformer(files[1]!).bmp());
    const damage = fc.record({
      file: fc.constantFrom(...files),
      edits: fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      cut: fc.option(fc.nat(5000)),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, edits, cut }) => {
        const bytes = Uint8Array.from(file.subarray(0, cut ?? file.length));
        for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
        const result = await decodeRgb(bytes, { size: [32, 32], interpolation: 'area' }).catch(
          (error: unknown) => error,
        );
        const now = atOnce(bytes);
        if (now !== undefined) expect(now).toEqual(result);
        if (result instanceof Error) expect(result.message.length).toBeGreaterThan(5);
        else expect(result).toMatchObject({ width: expect.any(Number), height: expect.any(Number) });
      }),
      { numRuns: 400, seed: 20 },
    );
  });
});

/** What decoding at once gives at the image's own size: pixels, the error, or nothing where it is not for it. */
function atOnce(bytes: Uint8Array): unknown {
  const { width = 1, height = 1 } = sniffImage(bytes) ?? {};
  if (width < 1 || height < 1 || width * height > 1 << 20) return undefined;
  try {
    return decodeImageAtOnce(bytes, {
      size: [height, width],
      interpolation: 'nearest',
      fit: 'stretch',
    });
  } catch (error) {
    return error;
  }
}

/** A PNG header with true checksums that promises more pixels than it has. */
function hugePng(width = 60_000, height = 60_000): Uint8Array {
  const small = Buffer.from(encodePng({ data: new Uint8Array(3), width: 1, height: 1, channels: 3 }));
  small.writeUInt32BE(width, 16);
  small.writeUInt32BE(height, 20);
  return small;
}

describe('a JPEG', () => {
  const jpeg = () => image().resize(300, 200).jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer();

  it('for a large network has the pixels of libjpeg, as in browsers and Pillow', async () => {
    const bytes = await jpeg();
    const size = [224, 224] as const;
    const data = new Uint8Array(await sharp(bytes).raw().toBuffer());
    const expected = resizeImage({ data, width: 300, height: 200 }, size, { interpolation: 'bilinear' });
    const found = await decodeImage(bytes, { size, interpolation: 'bilinear' });
    expect(worst(found.data, expected.data)).toBe(0);
    expect(decodeImageAtOnce(bytes, { size, interpolation: 'bilinear' })).toBeUndefined();
  });

  it.each([
    [[64, 64], 'bilinear'],
    [[224, 224], 'nearest'],
  ] as const)('for %j, %s, is decoded at once', async (size, interpolation) => {
    expect(decodeImageAtOnce(await jpeg(), { size, interpolation })).toMatchObject({ width: size[1] });
  });
});

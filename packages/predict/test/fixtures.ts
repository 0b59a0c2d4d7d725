// A classifier by Python's onnx, and what Pillow and NumPy compute with it: tooling/fixtures/predict.py.

import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

interface Expected {
  readonly model: string;
  readonly photo: string;
  readonly probabilities: number[];
}

export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

export const { classes, expected } = JSON.parse(await readFile(fixture('expected.json'), 'utf8')) as {
  classes: string[];
  expected: Expected[];
};

/**
 * PNG and resizing are exact, up to float32. JPEG decoders differ by one value here and there, and in how they enlarge
 * the halved chroma (0.4 in the mean): with 144 inputs of weight 0.4, at most 0.4 * 144 * 0.4 / 255 = 0.09 in a logit.
 * These smooth colors come to a few 1e-3.
 */
export const toleranceOf = (photo: string): number => (photo.endsWith('.jpg') ? 5e-3 : 1e-5);

/** Probabilities in the order of the classes. */
export const inOrder = (
  probabilities: readonly { readonly className: string; readonly probability: number }[],
): number[] =>
  classes.map((name) => probabilities.find(({ className }) => className === name)?.probability ?? Number.NaN);

/** The largest difference between two lists. */
export const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

/** The PNG with a profile of wider primaries: shown in sRGB, its values would be others. */
export async function withProfile(png: Buffer): Promise<Buffer> {
  const { icc } = await sharp(await sharp(png).withIccProfile('p3').png().toBuffer()).metadata();
  const body = Buffer.concat([Buffer.from('iCCPp3\0\0', 'latin1'), deflateSync(icc!)]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  checksum.writeUInt32BE(crc32(body));
  // After the signature and the header, 8 and 25 bytes.
  return Buffer.concat([png.subarray(0, 33), length, body, checksum, png.subarray(33)]);
}

/** An icon as pages have them: a shape with soft edges and a shadow, on nothing. */
export const icon = (ink: string): Promise<Buffer> =>
  sharp(
    Buffer.from(
      `<svg width="90" height="70"><circle cx="48" cy="43" r="22" opacity="0.3"/><path d="M9 9 80 20 30 60z" fill="${ink}"/></svg>`,
    ),
  )
    .png()
    .toBuffer();

/** The side of the cells of a photo's texture, and how they run into each other. */
const CELLS = {
  leaves: [8, 'cubic'],
  tiles: [25, 'nearest'],
} as const;

export type Texture = keyof typeof CELLS;
export const TEXTURES = Object.keys(CELLS) as Texture[];

const largePhotos = new Map<Texture, Promise<Buffer>>();

/** A JPEG of 4000x3000 pixels of random cells, always the same. */
export function largePhoto(texture: Texture): Promise<Buffer> {
  const photo = largePhotos.get(texture) ?? drawLargePhoto(texture);
  largePhotos.set(texture, photo);
  return photo;
}

async function drawLargePhoto(texture: Texture): Promise<Buffer> {
  const [side, kernel] = CELLS[texture];
  const [width, height] = [Math.ceil(4000 / side), Math.ceil(3000 / side)];
  let state = 1;
  const cells = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  const image = sharp(cells, { raw: { width, height, channels: 3 } });
  return image.resize(4000, 3000, { fit: 'fill', kernel }).jpeg({ quality: 85 }).toBuffer();
}

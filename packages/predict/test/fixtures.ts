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

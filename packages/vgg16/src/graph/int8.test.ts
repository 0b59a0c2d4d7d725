import { readFile } from 'node:fs/promises';
import { readSafetensors } from '@sightline/backbone';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../calibrate.ts';
import { createVgg16 } from '../create-vgg16.ts';
import { quantizeKernel } from './int8.ts';

const fixture = readSafetensors(
  await readFile(new URL('../keras.safetensors', import.meta.url)),
  'fixture',
).tensors;
const images = fixture.get('images')!.data as Uint8Array;
const keras = fixture.get('features')!.data as Float32Array;

describe('8 bits', () => {
  it('give Keras’ features to a few percent', async () => {
    const calibration = await calibrate(images, 3, { inputSize: [64, 64] });
    const vgg16 = await createVgg16({ inputSize: [64, 64], calibration });
    const features = await vgg16.features(images, 3);
    await vgg16.release();
    expect(vgg16).toMatchObject({ provider: 'cpu', algorithm: 'int8' });
    const squares = (f: (i: number) => number) => keras.reduce((sum, _, i) => sum + f(i) ** 2, 0);
    const error = Math.sqrt(squares((i) => features[i]! - keras[i]!) / squares((i) => keras[i]!));
    // Twelve layers with steps of a 255th of their range: 0.036 over the 576 validation images of cars64.
    expect(error).toBeGreaterThan(0.001);
    expect(error).toBeLessThan(0.08);
  });

  it('are calibrated with images only', async () => {
    await expect(calibrate(images, 2, { inputSize: [64, 64] })).rejects.toThrow(
      /12288 bytes each, but got 36864/,
    );
    await expect(calibrate(new Uint8Array(0), 0, { inputSize: [64, 64] })).rejects.toThrow(
      /1 or more images/,
    );
  });

  it('need a range for each layer, and cpu', async () => {
    const create = (ranges: Record<string, number>, more = {}) =>
      createVgg16({ inputSize: [64, 64], calibration: { ranges }, ...more });
    await expect(create({ block1_conv1: 3 })).rejects.toThrow(
      /above 0 for block1_conv2, but it is undefined/,
    );
    await expect(create({ block1_conv1: 0 })).rejects.toThrow(/above 0 for block1_conv1, but it is 0/);
    await expect(create({}, { providers: ['cuda'] })).rejects.toThrow(/8 bits on cpu/);
  });
});

it('a kernel’s integers are within half a step, its largest weight of each filter at the end of the range', () => {
  const data = Float32Array.from({ length: 2 * 9 }, (_, i) => Math.sin(i) * (i < 9 ? 1 : 100));
  const { integers, scales } = quantizeKernel({ dtype: 'F32', shape: [2, 1, 3, 3], data });
  data.forEach((value, i) => {
    const scale = scales[Math.floor(i / 9)]!;
    expect(Math.abs(integers[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
  });
  for (const filter of [0, 1]) {
    expect(Math.max(...integers.subarray(filter * 9, filter * 9 + 9).map(Math.abs))).toBe(127);
  }
});

import { readFile } from 'node:fs/promises';
import { openBackbone, readSafetensors } from '@sightline/backbone';
import { difference, patternImages, testBackbone } from '@sightline/backbone/conformance';
import { describe, expect, it } from 'vitest';
import { loadVgg16 } from './vgg16.ts';

/** Keras' own VGG16 with the same weights (tooling/fixtures/vgg16/make_fixture.py). */
const fixture = readSafetensors(
  await readFile(new URL('./keras.safetensors', import.meta.url)),
  'fixture',
).tensors;
const images = fixture.get('images')!.data as Uint8Array;
const IMAGE = 64 * 64 * 3;

const embedded = loadVgg16();
const withHead = loadVgg16({ top: 'head200' });

/** Conv nodes, and Winograd from 16 on. */
const BATCH_SIZES = [2, 16];

testBackbone('vgg16', {
  load: () => embedded,
  batchSizes: BATCH_SIZES,
  // F(4x4, 3x3) has intermediate values up to a hundred times larger than its outputs.
  tolerance: 2e-5,
  golden: [
    {
      imageSize: [64, 64],
      images,
      features: fixture.get('features')!.data,
      // Features reach 25: two float32 implementations that sum in other orders differ by 2e-5, Winograd by 1e-4.
      tolerance: 2e-4,
    },
  ],
  // Twelve layers with steps of a 255th of their range: 0.036 over the 576 validation images of cars64.
  int8Error: 0.08,
});

// Sides whose tiles overhang, and odd ones on the way: 75 -> 37 -> 18 -> 9 -> 4 -> 2, and 43 -> 21 -> 10 -> 5 -> 2 -> 1.
it('Winograd’s features equal those of Conv nodes on images of odd sides', async () => {
  const [height, width] = [75, 43];
  const backbone = await embedded;
  const pixels = patternImages(2, [height, width]);
  const [direct, winograd] = await Promise.all(
    BATCH_SIZES.map(async (batchSize) => {
      const vgg16 = await openBackbone(backbone, {
        imageSize: [height, width],
        providers: ['cpu'],
        batchSize,
      });
      const features = await vgg16.features(pixels, 2);
      vgg16.release();
      return features;
    }),
  );
  expect(difference(winograd!, direct!)).toBeLessThan(2e-4);
});

/** Each pixel doubled both ways. */
function doubled(image: Uint8Array, side: number): Uint8Array {
  const out = new Uint8Array(image.length * 4);
  for (let i = 0; i < out.length; i++) {
    const [channel, pixel] = [i % 3, Math.floor(i / 3)];
    const [row, column] = [Math.floor(pixel / (2 * side)) >> 1, (pixel % (2 * side)) >> 1];
    out[i] = image[(row * side + column) * 3 + channel]!;
  }
  return out;
}

describe('the head of 200 classes', () => {
  const image = doubled(images.subarray(IMAGE, 2 * IMAGE), 64);

  it('gives Keras’ probabilities, and the five highest with names', async () => {
    const vgg16 = await openBackbone(await withHead, { batchSize: 1, top: true });
    const keras = fixture.get('probabilities')!.data as Float32Array;
    // Softmax passes on errors of the logits, some 1e-5, times the probability.
    expect(difference(await vgg16.probabilities(image, 1), keras)).toBeLessThan(1e-4);
    const [guesses] = await vgg16.classify(image, 1);
    const order = [...keras].sort((a, b) => b - a);
    expect(guesses!.map((g) => g.probability)).toEqual(order.slice(0, 5).map((p) => expect.closeTo(p, 4)));
    for (const guess of guesses!)
      expect(guess).toMatchObject({ name: expect.any(String), wnid: expect.stringMatching(/^n\d{8}$/) });
    vgg16.release();
  });

  it('takes images of 128x128 only', async () => {
    const backbone = await withHead;
    expect(backbone.imageSize).toEqual([128, 128]);
    await expect(openBackbone(backbone, { imageSize: [64, 64], top: true })).rejects.toThrow(
      'The classifier of vgg16 takes images of 128x128, but got 64x64.',
    );
  });

  it('is needed for classes', async () => {
    await expect(openBackbone(await embedded, { top: true })).rejects.toThrow(
      'vgg16 was loaded without a classifier.',
    );
  });
});

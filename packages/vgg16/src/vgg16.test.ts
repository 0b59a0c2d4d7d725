import { readFile } from 'node:fs/promises';
import { readSafetensors } from '@sightline/backbone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVgg16 } from './create-vgg16.ts';
import type { Vgg16 } from './vgg16.ts';

/*
 * Keras' own VGG16 with the same weights (tooling/fixtures/vgg16/make_fixture.py). Features reach 25; two float32
 * implementations that sum in other orders differ by 2e-5 there, and F(4x4, 3x3), whose intermediate values are up to
 * a hundred times larger, by 1e-4. The rounding of the weights to float16, which both share, is 100 times that.
 */
const TOLERANCE = { direct: 1e-4, winograd: 3e-4 };

const fixture = readSafetensors(
  await readFile(new URL('./keras.safetensors', import.meta.url)),
  'fixture',
).tensors;
const images = fixture.get('images')!.data as Uint8Array;
const expected = fixture.get('features')!.data as Float32Array;
const IMAGE = 64 * 64 * 3;

const difference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), a.length === b.length ? 0 : Number.NaN);

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

describe.each(['direct', 'winograd'] as const)('features, %s', (algorithm) => {
  let vgg16: Vgg16;
  beforeAll(async () => {
    vgg16 = await createVgg16({ inputSize: [64, 64], batchSize: 2, providers: ['cpu'], algorithm });
  });
  afterAll(() => vgg16.release());

  it('equal Keras’, over a whole batch and an uneven last one', async () => {
    const done: number[] = [];
    const features = await vgg16.features(images, 3, { onProgress: (n) => done.push(n) });
    expect(vgg16.featureShape).toEqual([2, 2, 512]);
    expect(difference(features, expected)).toBeLessThan(TOLERANCE[algorithm]);
    expect(done).toEqual([2, 3]);
  });

  it('are the same from shared memory, and none for no images', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(images.length));
    shared.set(images);
    expect(await vgg16.features(shared, 3)).toEqual(await vgg16.features(images, 3));
    expect(await vgg16.features(new Uint8Array(0), 0)).toHaveLength(0);
  });

  it('stop between batches when told to', async () => {
    const stop = new AbortController();
    const run = vgg16.features(images, 3, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(run).rejects.toThrow(/abort/);
  });

  it('refuse bytes that are not as many', async () => {
    await expect(vgg16.features(images.subarray(1), 3)).rejects.toMatchObject({
      code: 'input',
      message: '3 images of 64x64 RGB are 36864 bytes, but 36863 came.',
    });
  });
});

// Sides whose tiles overhang, and odd ones on the way: 75 -> 37 -> 18 -> 9 -> 4 -> 2.
it.each([
  [75, 64],
  [32, 107],
])('Winograd’s features equal the direct ones on images of %ix%i', async (height, width) => {
  const bytes = Uint8Array.from({ length: 2 * height * width * 3 }, (_, i) => images[i % (3 * IMAGE)]!);
  const [direct, winograd] = await Promise.all(
    (['direct', 'winograd'] as const).map(async (algorithm) => {
      const vgg16 = await createVgg16({ inputSize: [height, width], providers: ['cpu'], algorithm });
      const features = await vgg16.features(bytes, 2);
      await vgg16.release();
      return features;
    }),
  );
  expect(direct).toHaveLength(2 * Math.floor(height / 32) * Math.floor(width / 32) * 512);
  expect(difference(winograd!, direct!)).toBeLessThan(TOLERANCE.winograd);
});

describe('the head of 200 classes', () => {
  let vgg16: Vgg16;
  beforeAll(async () => {
    vgg16 = await createVgg16({ inputSize: [128, 128], top: 'head200', batchSize: 1 });
  });
  afterAll(() => vgg16.release());
  const image = doubled(images.subarray(IMAGE, 2 * IMAGE), 64);

  it('gives Keras’ probabilities, and the five highest with names', async () => {
    const probabilities = await vgg16.probabilities(image, 1);
    const keras = fixture.get('probabilities')!.data as Float32Array;
    // Softmax passes on errors of the logits, some 1e-5, times the probability.
    expect(difference(probabilities, keras)).toBeLessThan(1e-4);
    const [guesses] = await vgg16.classify(image, 1);
    const order = [...keras].sort((a, b) => b - a);
    expect(guesses!.map((g) => g.probability)).toEqual(order.slice(0, 5).map((p) => expect.closeTo(p, 4)));
    for (const guess of guesses!)
      expect(guess).toMatchObject({ name: expect.any(String), wnid: expect.stringMatching(/^n\d{8}$/) });
  });

  it('takes images of 128x128 only', async () => {
    await expect(createVgg16({ inputSize: [64, 64], top: 'head200' })).rejects.toThrow(
      'The head for 200 classes takes images of 128x128, but got 64x64.',
    );
  });

  it('is needed for classes', async () => {
    const bare = await createVgg16({ inputSize: [128, 128], batchSize: 1 });
    await expect(bare.classify(image, 1)).rejects.toThrow(/Classes need a head/);
    await bare.release();
  });
});

it('refuses images that are too small, and batches of none', async () => {
  await expect(createVgg16({ inputSize: [31, 64] })).rejects.toThrow(/32 or more pixels .* got 31x64/);
  await expect(createVgg16({ inputSize: [64, 64], batchSize: 0 })).rejects.toThrow(/1 or more, but got 0/);
});

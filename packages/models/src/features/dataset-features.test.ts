import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, openDataset } from '@sightline/data';
import { encodePng } from '@sightline/image';
import { type FeatureSource, FeatureStore } from '@sightline/runs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { datasetFeatures } from './dataset-features.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-features-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const resize = { size: [2, 2], interpolation: 'nearest', fit: 'stretch' } as const;
const source: FeatureSource = {
  backbone: 'net',
  weights: 'ab'.repeat(32),
  precision: 'fp32',
  decoder: 1,
  resize,
  columns: 3,
};

/** One color per image, so that its features are known: red, green and blue. */
const colorOf = (i: number) => [i % 256, Math.floor(i / 256), 7];

function writeImages(from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const folder = join(root, 'photos', i % 10 === 9 ? 'validation' : 'train', i % 2 ? 'odd' : 'even');
    mkdirSync(folder, { recursive: true });
    const data = Uint8Array.from({ length: 12 }, (_, at) => colorOf(i)[at % 3]!);
    writeFileSync(join(folder, `${i}.png`), encodePng({ data, width: 2, height: 2, channels: 3 }));
  }
}

/** A network whose features are the color of the first pixel, and how many images it has seen. */
function network() {
  const seen = { images: 0, opened: 0 };
  const open = async () => {
    seen.opened++;
    return {
      async features(images: Uint8Array, count: number) {
        seen.images += count;
        return Float32Array.from(
          { length: count * 3 },
          (_, at) => images[Math.floor(at / 3) * 12 + (at % 3)]!,
        );
      },
    };
  };
  return { seen, open };
}

const samplesOf = ({ splits }: Dataset) => [...splits.train, ...splits.validation];
const open = () => openDataset(join(root, 'photos'));
const store = () => new FeatureStore(join(root, 'features'), source);

test('adding 50 images to 1,000 computes 50, and the same images nothing', async () => {
  writeImages(0, 1000);
  const { seen, open: openNetwork } = network();
  const compute = async () => {
    const dataset = await open();
    const samples = samplesOf(dataset);
    const result = await datasetFeatures(dataset, samples, { resize, store: store(), open: openNetwork });
    samples.forEach(({ path }, i) => {
      const number = Number.parseInt(path.split('/').at(-1)!, 10);
      expect([...result.features.subarray(i * 3, i * 3 + 3)]).toEqual(colorOf(number));
    });
    return result.computed;
  };
  expect([await compute(), seen]).toEqual([1000, { images: 1000, opened: 1 }]);
  expect([await compute(), seen]).toEqual([0, { images: 1000, opened: 1 }]);
  writeImages(1000, 1050);
  expect([await compute(), seen]).toEqual([50, { images: 1050, opened: 2 }]);
});

test('progress counts what has to be computed; an image that is there twice is computed once', async () => {
  writeImages(0, 100);
  const dataset = await open();
  const samples = samplesOf(dataset);
  const progress: number[] = [];
  const { seen, open: openNetwork } = network();
  await datasetFeatures(dataset, [...samples, ...samples], {
    resize,
    store: store(),
    open: openNetwork,
    onProgress: ({ done, total }) => progress.push(done, total),
  });
  expect(seen.images).toBe(100);
  expect(progress).toEqual([0, 100, 64, 100, 100, 100]);
});

test('all files that cannot be read are named, and what was computed before is kept', async () => {
  writeImages(0, 200);
  const dataset = await open();
  const samples = samplesOf(dataset);
  const broken = [samples[70]!, samples[150]!];
  for (const { path } of broken) writeFileSync(join(root, 'photos', path), 'no image');
  const { open: openNetwork } = network();
  await expect(
    datasetFeatures(dataset, samples, { resize, store: store(), open: openNetwork }),
  ).rejects.toMatchObject({
    code: 'unreadable-image',
    details: { failures: broken.map(({ path }) => expect.objectContaining({ path })) },
  });
  expect(store().get(samples[0]!.hash)).toBeDefined();
});

test('an interrupt keeps what was computed', async () => {
  writeImages(0, 200);
  const dataset = await open();
  const samples = samplesOf(dataset);
  const controller = new AbortController();
  const { open: openNetwork } = network();
  await expect(
    datasetFeatures(dataset, samples, {
      resize,
      store: store(),
      open: openNetwork,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done > 0) controller.abort();
      },
    }),
  ).rejects.toMatchObject({ name: 'AbortError' });
  const kept = store();
  expect(samples.filter(({ hash }) => kept.get(hash))).toHaveLength(64);
});

// Our side of the data benchmark, in a process of its own; keras/data.py is the other and answers the same requests.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BatchSource,
  type Dataset,
  type ImageSet,
  imageSource,
  loadImages,
  openDataset,
  openImages,
  type StoredImages,
} from '@sightline/data';
import { serve } from '../child.ts';
import { software } from '../machine.ts';

const [folder = ''] = process.argv.slice(2);
const options = { batchSize: 128, seed: 1, shuffle: true } as const;
const size = [64, 64] as const;
const cacheDir = await mkdtemp(join(tmpdir(), 'sightline-bench-'));

async function readEpoch(source: BatchSource, epoch: number): Promise<void> {
  for await (const _ of source.batches(epoch));
}

const dataset = await openDataset(folder, { cacheDir });
const images = await loadImages(dataset, 'train', { size, cacheDir });
const plain = imageSource(images, options);
const augmented = imageSource(images, { ...options, augmentation: { horizontalFlip: true, rotation: 20 } });
let epoch = 0;

const tasks: Record<string, () => Promise<unknown>> = {
  load: async () => readBatches(await loadImages(await openDataset(folder), 'train', { size })),
  memory: () => readEpoch(plain, epoch++),
  cached: () => readCached(dataset),
  reloaded: async () => readBatches(await loadImages(dataset, 'train', { size, cacheDir })),
  again: async () => readCached(await openDataset(folder, { cacheDir })),
  augment: () => readEpoch(augmented, epoch++),
};
/** Straight from the file: nothing is kept in memory. */
const readCached = async (opened: Dataset) =>
  readBatches(await openImages(opened, 'train', { size, cacheDir, memoryLimit: 0 }));
const readBatches = (set: ImageSet | StoredImages) => readEpoch(imageSource(set, options), 0);

await serve(software(), async ({ do: task }) => {
  if (task === 'count') return { images: images.shape[0] };
  const began = performance.now();
  await tasks[task as string]!();
  return { seconds: (performance.now() - began) / 1000 };
});
process.exit(0);

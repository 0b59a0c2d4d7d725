// A data set larger than memory may be: opened, decoded into a file and read for an epoch, in a process of its own whose
// largest resident size is the answer.

import { imageSource, openDataset, openImages } from '@sightline/data';

const [folder = '', cacheDir = '', limit = '0'] = process.argv.slice(2);
const seconds: Record<string, number> = {};
let at = performance.now();
const lap = (name: string) => {
  const now = performance.now();
  seconds[name] = (now - at) / 1000;
  at = now;
};

const dataset = await openDataset(folder, { validationFraction: 0.01 });
lap('open');
const images = await openImages(dataset, 'train', { size: [64, 64], cacheDir, memoryLimit: Number(limit) });
lap('decode');
const source = imageSource(images, {
  batchSize: 128,
  seed: 1,
  shuffle: true,
  augmentation: { horizontalFlip: true, rotation: 20 },
});
let count = 0;
for await (const { size } of source.batches(0)) count += size;
lap('epoch');
const isStored = 'file' in images;
console.log(
  JSON.stringify({ images: count, isStored, seconds, peak: process.resourceUsage().maxRSS * 1024 }),
);
process.exit(0);

// Our side of the features benchmark, in a process of its own; keras/features.py is the other.

import { calibrate, type OpenBackbone, openBackbone } from '@sightline/backbone';
import { loadVgg16 } from '@sightline/vgg16';
import { serve } from '../child.ts';
import { software } from '../machine.ts';

const backbone = await loadVgg16();
const opened = new Map<string, OpenBackbone>();

await serve(software(), async (request) => {
  const { images, size, batch, precision } = request as {
    images: number;
    size: number;
    batch: number;
    precision: 'fp32' | 'int8';
  };
  const pixels = Uint8Array.from({ length: images * size * size * 3 }, () => Math.random() * 256);
  const key = `${size} ${batch} ${precision}`;
  let vgg16 = opened.get(key);
  if (!vgg16) {
    const imageSize = [size, size] as const;
    const int8 =
      precision === 'int8' ? { ranges: await calibrate(backbone, pixels, images, { imageSize }) } : {};
    vgg16 = await openBackbone(backbone, { imageSize, batchSize: batch, providers: ['cpu'], ...int8 });
    opened.set(key, vgg16);
  }
  const began = performance.now();
  await vgg16.features(pixels, images);
  return { seconds: (performance.now() - began) / 1000 };
});
process.exit(0);

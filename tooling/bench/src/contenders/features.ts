// Our side of the features benchmarks, in a process of its own: `features.ts NETWORK`. Peers' programs are the other.

import { type Backbone, calibrate, type OpenBackbone, openBackbone } from '@sightline/backbone';
import { loadEfficientNetLite0 } from '@sightline/efficientnet-lite';
import { loadVgg16 } from '@sightline/vgg16';
import { serve } from '../child.ts';
import { software } from '../machine.ts';

const LOADERS: Readonly<Record<string, () => Promise<Backbone>>> = {
  vgg16: loadVgg16,
  'efficientnet-lite0': loadEfficientNetLite0,
};

const backbone = await LOADERS[process.argv[2]!]!();
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
  let network = opened.get(key);
  if (!network) {
    const imageSize = [size, size] as const;
    const ranges = backbone.ranges ?? (await calibrate(backbone, pixels, images, { imageSize }));
    const int8 = precision === 'int8' ? { ranges } : {};
    network = await openBackbone(backbone, { imageSize, batchSize: batch, providers: ['cpu'], ...int8 });
    opened.set(key, network);
  }
  const began = performance.now();
  await network.features(pixels, images);
  return { seconds: (performance.now() - began) / 1000 };
});
process.exit(0);

// Our side of the features benchmark, in a process of its own; keras/features.py is the other. An algorithm that the
// request names is taken; otherwise the one that VGG16 itself chooses.

import { type Algorithm, calibrate, createVgg16, type Vgg16 } from '@sightline/vgg16';
import { serve } from '../child.ts';
import { software } from '../machine.ts';

const made = new Map<string, Vgg16>();

await serve(software(), async (request) => {
  const { images, size, batch, algorithm } = request as {
    images: number;
    size: number;
    batch: number;
    algorithm?: Algorithm;
  };
  const pixels = Uint8Array.from({ length: images * size * size * 3 }, () => Math.random() * 256);
  const key = `${size} ${batch} ${algorithm}`;
  let vgg16 = made.get(key);
  if (!vgg16) {
    const options = { inputSize: [size, size], batchSize: batch, providers: ['cpu'] } as const;
    const own =
      algorithm === 'int8'
        ? { calibration: await calibrate(pixels, images, options) }
        : algorithm && { algorithm };
    vgg16 = await createVgg16({ ...options, ...own });
    made.set(key, vgg16);
  }
  const began = performance.now();
  await vgg16.features(pixels, images);
  return { seconds: (performance.now() - began) / 1000 };
});
process.exit(0);

// Random resized crop (Szegedy et al., 2014; the parameters are torchvision's): a part of the image, of random area and
// aspect ratio, resized to the whole of it.

import { IDENTITY } from '@sightline/image';
import { z } from 'zod';
import { group, operation, range, short } from './operation.ts';

export const randomResizedCrop = operation({
  name: 'randomResizedCrop',
  schema: group({
    scale: range(Number.MIN_VALUE)
      .default([0.08, 1])
      .describe("Share of the image's area. Default: [0.08, 1]."),
    ratio: range(Number.MIN_VALUE)
      .default([3 / 4, 4 / 3])
      .describe("Width by height, relative to the image's own. Default: [3/4, 4/3]."),
  }).describe('Enlarges a part of the image to the whole: { scale, ratio }.'),
  /** Pixels, not rounded. */
  parameters: z.object({ top: z.number(), left: z.number(), height: z.number(), width: z.number() }),
  /** Area uniform, aspect ratio uniform in its logarithm, place uniform; sides are cut to the image's. */
  sample: ({ scale, ratio: [narrow, wide] }, { height, width }, random) => {
    const area = random.uniform(...scale);
    const aspect = Math.exp(random.uniform(Math.log(narrow), Math.log(wide)));
    const cropWidth = width * Math.min(1, Math.sqrt(area * aspect));
    const cropHeight = height * Math.min(1, Math.sqrt(area / aspect));
    const top = random.uniform(0, height - cropHeight);
    return { top, left: random.uniform(0, width - cropWidth), height: cropHeight, width: cropWidth };
  },
  map: ({ top, left, height, width }, image) => ({
    ...IDENTITY,
    a: height / image.height,
    d: width / image.width,
    tr: top + (height - image.height) / 2,
    tc: left + (width - image.width) / 2,
  }),
  describe: ({ top, left, height, width }) =>
    `cropped to ${short(width)} × ${short(height)} at ${short(left)}, ${short(top)}`,
});

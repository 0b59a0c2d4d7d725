// Mirroring: an exact permutation of pixels.

import { IDENTITY } from '@sightline/image';
import { z } from 'zod';
import type { Random } from '../../random/random.ts';
import { flag, operation } from './operation.ts';

const toss = (isOn: boolean, _: unknown, random: Random) => (isOn && random.next() < 0.5 ? true : null);

export const horizontalFlip = operation({
  name: 'horizontalFlip',
  schema: flag().describe('Mirrors every second image, left to right.'),
  parameters: z.literal(true),
  sample: toss,
  map: () => ({ ...IDENTITY, d: -1 }),
  describe: () => 'flipped',
});

/**
 * Two epochs in a row show both sides of every image, where independent tosses show one of them twice every second time.
 * Source: Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU (2024), section 3.6.
 */
export const alternatingFlip = operation({
  name: 'alternatingFlip',
  schema: flag().describe(
    'Mirrors each image, left to right, in every second epoch: half of them in the first.',
  ),
  parameters: z.literal(true),
  stream: 'image',
  sample: (isOn, _, random, epoch) => {
    const isFirst = random.next() < 0.5;
    return isOn && isFirst === (epoch % 2 === 1) ? true : null;
  },
  map: () => ({ ...IDENTITY, d: -1 }),
  describe: () => 'flipped',
});

export const verticalFlip = operation({
  name: 'verticalFlip',
  schema: flag().describe('Turns every second image upside down.'),
  parameters: z.literal(true),
  sample: toss,
  map: () => ({ ...IDENTITY, a: -1 }),
  describe: () => 'upside down',
});
